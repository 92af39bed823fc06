import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from '../auth/audit.service.js';
import { CLOCK, type Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import { decodeCursor } from '../common/http/paging.js';
import { BackgroundDatabase } from '../database/background-database.js';
import { StatisticsCheck } from '../indexing/drift/statistics-check.js';
import { CollectionCheck } from './collection-check.js';
import { Findings } from './findings.js';
import { CheckPlace, type CheckIndexBody, type IndexCheck } from './index-check.schema.js';
import { IndexCheckRepository } from './index-check.repository.js';
import { QDRANT, type QdrantParts } from '../indexing/qdrant/qdrant-parts.js';

/** How long one request works; a page may take a few seconds more. */
const WORK_MS = 5000;
/** Between two looks whether the outbox has room for what a repair marks. */
const LOOK_AGAIN_MS = 250;

/**
 * Looks for drift between rows and index, page by page, and mends it. The state is in the cursor
 * alone, so that a check can be cut off anywhere.
 */
@Injectable()
export class IndexCheckService {
  constructor(
    private readonly database: BackgroundDatabase,
    private readonly repository: IndexCheckRepository,
    private readonly collections: CollectionCheck,
    private readonly statistics: StatisticsCheck,
    private readonly audit: AuditService,
    @Inject(QDRANT) private readonly qdrant: QdrantParts | null,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @param actor who asked, as the audit log names them
   * @throws AppError `bad_cursor`, `index_unavailable`, `embedder_unavailable`; `index_behind` when
   *   a repair got on by no page
   */
  async check(actor: string, { repair, cursor }: CheckIndexBody): Promise<IndexCheck> {
    const findings = new Findings(repair);
    if (repair && cursor === undefined) {
      await this.database.asSystem((tx) =>
        this.audit.record(tx, null, { actor, action: 'index.repaired' }),
      );
    }
    const end = this.clock.now().getTime() + WORK_MS;
    const patience = AbortSignal.timeout(WORK_MS);
    let place: CheckPlace | null = decodeCursor(cursor, CheckPlace) ?? {
      stage: 'texts',
      collection: null,
      after: null,
    };
    let pages = 0;
    do {
      // What is marked must leave the writes of others their room.
      const size = repair ? await this.qdrant?.check.room() : undefined;
      if (size === 0) {
        await this.clock.sleep(LOOK_AGAIN_MS);
        continue;
      }
      try {
        place = await this.step(place, findings, patience, size);
        pages += 1;
      } catch (error) {
        // Others have taken the room since.
        if (!patience.aborted || error !== patience.reason) throw error;
        break;
      }
    } while (place && this.clock.now().getTime() < end);
    if (pages === 0)
      throw new AppError('index_behind', 'Too many memories wait to be indexed to mark others.', {
        retryAfter: 10,
      });
    return {
      found: findings.found,
      mended: findings.mended,
      checked: findings.checked,
      unconfigured_models: [...findings.unconfigured],
      cursor: place && Buffer.from(JSON.stringify(place)).toString('base64url'),
    };
  }

  /** @param size of a page, at most; by default as the check has it */
  private async step(
    place: CheckPlace,
    findings: Findings,
    patience: AbortSignal,
    size?: number,
  ): Promise<CheckPlace | null> {
    if (place.stage === 'texts') return this.texts(place, findings, patience, size);
    if (place.stage === 'whole') return this.whole(place, findings, size);
    if (place.stage === 'gone') return this.gone(place, findings, size);
    const { check } = this.qdrant!;
    const { stage, space, after } = place;
    const page = await (stage === 'rows'
      ? check.rows(space, after, size)
      : check.points(space, after, size));
    // The rows' memories were counted as texts.
    if (stage === 'points') findings.checked += page.checked;
    findings.add('points_out_of_date', page.outdated);
    findings.add('rows_without_point', page.withoutPoint);
    findings.add('points_without_row', page.withoutRow);
    if (findings.repair) await check.mend(space, page.found);
    if (page.next !== null) return { stage, space, after: page.next };
    if (stage === 'rows') return { stage: 'points', space, after: null };
    return this.nextSpace(space, findings);
  }

  private async texts(
    { collection: id, after }: CheckPlace & { stage: 'texts' },
    findings: Findings,
    patience: AbortSignal,
    size?: number,
  ): Promise<CheckPlace | null> {
    // In the middle of a collection, or at the beginning of the next one.
    const collection = await this.database.asSystem((tx) =>
      this.repository.collection(tx, id, after ? '=' : '>'),
    );
    if (!collection) {
      if (after) return { stage: 'texts', collection: id, after: null };
      return { stage: 'gone', collection: null, left: false };
    }
    const next = await this.collections.page(collection, after, findings, patience, size);
    if (!next) return { stage: 'whole', collection: collection.id };
    return { stage: 'texts', collection: collection.id, after: next };
  }

  private async whole(
    place: CheckPlace & { stage: 'whole' },
    findings: Findings,
    size?: number,
  ): Promise<CheckPlace> {
    const { collection: id } = place;
    const collection = await this.database.asSystem((tx) =>
      this.repository.collection(tx, id, '='),
    );
    if (collection && (await this.collections.whole(collection, findings, size))) return place;
    return { stage: 'texts', collection: id, after: null };
  }

  /** Each is counted where it is found, and its rows are removed by the steps after that. */
  private async gone(
    { collection, left }: CheckPlace & { stage: 'gone' },
    findings: Findings,
    size?: number,
  ): Promise<CheckPlace | null> {
    if (collection && left && findings.repair) {
      const more = await this.statistics.removeGone(collection, size);
      return { stage: 'gone', collection, left: more };
    }
    const next = await this.statistics.nextGone(collection);
    if (next === undefined) return this.nextSpace(0, findings);
    findings.add('collections_miscounted', 1);
    return { stage: 'gone', collection: next, left: true };
  }

  private async nextSpace(after: number, findings: Findings): Promise<CheckPlace | null> {
    if (!this.qdrant) return null;
    const space = await this.database.asSystem((tx) => this.repository.nextSpace(tx, after));
    if (space !== undefined) return { stage: 'rows', space, after: null };
    const dead = await this.qdrant.spaces.dead();
    if (findings.repair) for (const name of dead) await this.qdrant.spaces.remove(name);
    findings.add('dead_collections', dead.length);
    return null;
  }
}
