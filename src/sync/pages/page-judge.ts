import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ItemFailure, Page, SourceDocument } from '../../../connectors/sdk/contract.js';
import { BackgroundDatabase } from '../../database/background-database.js';
import type { KnownDocument } from '../../remember/document-row.js';
import { SuppressionsRepository } from '../deletions/suppressions.repository.js';
import { LedgerRepository } from '../engine/ledger.repository.js';
import type { SyncRun } from '../engine/sync-run.js';
import { FailuresRepository } from '../failures/failures.repository.js';
import { classify, metaHash, type DescribedDocument } from './classify.js';
import { heedFailures, type Heeded } from './heed-failures.js';
import { storableDocument } from './storable.js';

/** The part of a page that is about documents. */
export type ListedItems = Pick<Page, 'documents' | 'tombstones' | 'failures' | 'skipped'>;

/** What a listed page means for what is stored. */
export interface JudgedPage extends Heeded {
  /** How many are stored exactly as they are listed, beside those that `unchanged` tells of. */
  readonly asListed: number;
  /**
   * Sequence numbers of stored documents that the page mentions in any way; none of them can be an
   * orphan.
   */
  readonly met: readonly number[];
  /** Documents that the source reports as deleted. */
  readonly tombstones: readonly KnownDocument[];
  /** Documents that the connector described in a way that cannot be stored. */
  readonly broken: readonly ItemFailure[];
  /** Documents that the tenant removed for good: listed, but left out. */
  readonly suppressed: number;
  /** Ids of listed documents with an open failure. */
  readonly open: ReadonlySet<string>;
  /** Chunk texts that the tenant removed for good, by external id. */
  readonly suppressedTexts: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Looks a page up in the store, in five statements whatever its size. */
@Injectable()
export class PageJudge {
  constructor(
    private readonly database: BackgroundDatabase,
    private readonly ledger: LedgerRepository,
    private readonly failures: FailuresRepository,
    private readonly suppressions: SuppressionsRepository,
  ) {}

  /** @param inDetail documents as they are listed are looked at one by one, too */
  async judge(sync: SyncRun, page: ListedItems, { inDetail = false } = {}): Promise<JudgedPage> {
    const { tenant, target } = sync;
    const { titlesFromContent } = sync.connector;
    // What this run has read already, before it had to wait, is not read a second time by it.
    const fullSince = sync.run.options.full ? sync.run.started_at : null;
    const gone = new Set(page.tombstones);
    const last = lastOfEach(page.documents).filter(({ externalId }) => !gone.has(externalId));
    const listed = last.map((document) => document.externalId);
    const { documents, broken } = described(last);
    const others = [...page.failures.map(({ externalId }) => externalId), ...page.tombstones];
    const { known, asListed, open, suppressed, cut } = await this.database.inTenant(
      tenant,
      async (tx) => {
        const open = await this.failures.open(tx, target.connection, listed);
        const troubled = new Set([...open.map(({ externalId }) => externalId), ...others]);
        const plain = documents.filter(
          ({ source }) => !source.reread && !troubled.has(source.externalId),
        );
        const asListed =
          inDetail || fullSince
            ? new Map<string, number>()
            : await this.asListed(tx, sync, plain, titlesFromContent);
        const mentioned = [...listed.filter((id) => !asListed.has(id)), ...others];
        const known = await this.ledger.known(tx, tenant, target.connection, mentioned);
        const hidden = known.filter(isHidden).map(({ externalId }) => externalId);
        // After all others: what is removed in between must not look as if it could come back.
        const suppressed = await this.suppressions.of(tx, tenant, target, listed);
        const cut = await this.failures.onceCut(tx, target.connection, hidden);
        return { known, asListed, open, suppressed, cut };
      },
    );
    const byId = new Map<string, KnownDocument>(
      known.map((document) => [document.externalId, document]),
    );
    const wanted = documents.filter(({ source }) => !suppressed.documents.has(source.externalId));
    const toCompare = wanted
      .filter(({ source }) => !asListed.has(source.externalId))
      .map((one) => (cut.has(one.source.externalId) ? reread(one) : one));
    const classified = classify(toCompare, byId, { fullSince, titlesFromContent });
    const met = known.filter((document) => !gone.has(document.externalId));
    return {
      ...heedFailures(classified, open, {
        now: sync.context.clock.now(),
        isFull: sync.run.options.full ?? false,
      }),
      broken,
      asListed: wanted.length - toCompare.length,
      open: new Set(open.map((failure) => failure.externalId)),
      suppressed: documents.length - wanted.length,
      met: [...asListed.values(), ...met.map(({ seq }) => seq)],
      tombstones: known.filter(
        ({ externalId, state }) => gone.has(externalId) && state !== 'deleted',
      ),
      suppressedTexts: suppressed.texts,
    };
  }

  /** Of documents that are stored as they are listed, the sequence number by the external id. */
  private async asListed(
    tx: EntityManager,
    { tenant, target }: SyncRun,
    documents: readonly DescribedDocument[],
    titlesFromContent: boolean,
  ): Promise<Map<string, number>> {
    const listed = documents.map(({ source: { externalId, version, title }, metaHash }) => ({
      ...{ externalId, version, metaHash },
      title: titlesFromContent ? null : title,
    }));
    const found = await this.ledger.asListed(tx, tenant, target.connection, listed);
    return new Map(found.map(({ at, seq }) => [listed[at]!.externalId, seq]));
  }
}

function isHidden({ state }: KnownDocument): boolean {
  return state === 'deleted' || state === 'lost_access';
}

/** One that comes back without some of its content: the failure that said so has been closed. */
function reread(document: DescribedDocument): DescribedDocument {
  return { ...document, source: { ...document.source, reread: true } };
}

/** A source may list an item twice while it changes; the last word counts. */
function lastOfEach(documents: readonly SourceDocument[]): SourceDocument[] {
  const last = new Map(documents.map((document) => [document.externalId, document]));
  return [...last.values()];
}

/** What a connector got wrong about one document must not cost the page. */
function described(documents: readonly SourceDocument[]): {
  documents: DescribedDocument[];
  broken: ItemFailure[];
} {
  const good: DescribedDocument[] = [];
  const broken: ItemFailure[] = [];
  for (const document of documents) {
    try {
      const source = storableDocument(document);
      good.push({ source, metaHash: metaHash(source) });
    } catch (error) {
      const { externalId, partition } = document;
      const message = error instanceof Error ? error.message : String(error);
      const item = { externalId, partition, title: externalId, url: null };
      broken.push({ ...item, stage: 'list', code: 'unexpected', message });
    }
  }
  return { documents: good, broken };
}
