import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database } from '../../database/database.js';
import { OutboxPressure } from '../outbox/outbox-pressure.js';
import { IndexVersionsRepository, type IndexVersion } from './index-versions.repository.js';
import { QdrantCollectionMissing } from './qdrant-errors.js';
import { QdrantSpaces } from './qdrant-spaces.js';

/**
 * Carries rebuilds on, from wherever any process left them: marks every memory of the space, so
 * that the outbox writes it to the new collection too, and swaps when all marks are applied.
 */
@Injectable()
export class IndexRebuild {
  private readonly logger = new Logger('Indexing');

  constructor(
    private readonly database: Database,
    private readonly versions: IndexVersionsRepository,
    private readonly spaces: QdrantSpaces,
    private readonly pressure: OutboxPressure,
  ) {}

  /** Begins to build every space anew. @throws AppError `index_unavailable` */
  async begin(): Promise<void> {
    await inEach(await this.spaces.all(), ({ space_id: space }) => this.spaces.rebuild(space));
  }

  /** @throws AppError `index_unavailable` */
  async step(): Promise<void> {
    await inEach(await this.spaces.all(), async (version) => {
      if (version.building !== null) await this.carryOn(version, version.building);
    });
  }

  /**
   * Makes collections again that have vanished, and aliases; and a first one that could not be made
   * when points came. Writers notice as well, but nobody may write, and theirs wait.
   * @throws CollectionRefused, AppError `index_unavailable`
   */
  async findLost(): Promise<void> {
    const versions = await this.spaces.all();
    const there = new Set(await this.spaces.present());
    await inEach(versions, async (version) => {
      const { space_id: space, live, building } = version;
      if (!version.made) return void (await this.spaces.targets(space));
      const name = this.spaces.collection(space, live);
      if (there.has(name)) await this.spaces.point(space);
      else if (!version.lost) await this.spaces.recover(space, name);
      if (building === null || !version.building_made) return;
      const next = this.spaces.collection(space, building);
      if (!there.has(next)) await this.spaces.recover(space, next);
    });
  }

  private async carryOn(version: IndexVersion, building: number): Promise<void> {
    const space = version.space_id;
    const name = this.spaces.collection(space, building);
    if (!version.building_made) await this.spaces.makeBuilding(space);
    if (version.last_generation === null) return this.mark(version);
    const left = await this.inBackground((tx) =>
      this.versions.unapplied(tx, space, version.last_generation!),
    );
    if (left > 0) return;
    try {
      await this.spaces.swap(version);
    } catch (error) {
      if (!(error instanceof QdrantCollectionMissing)) throw error;
      return this.spaces.recover(space, name);
    }
    this.logger.log(`${name} has taken over`);
  }

  private async mark({ space_id: space, lost }: IndexVersion): Promise<void> {
    const room = await this.pressure.maintenanceRoom(lost);
    if (room <= 0) return;
    await this.inBackground(async (tx) => {
      // They take no room, and without them it cannot swap: all others would only join them.
      if (await this.versions.refusesMany(tx, space)) return;
      await this.versions.markNext(tx, space, room);
    });
  }

  private inBackground<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    return this.database.asSystem(work, { priority: 'background' });
  }
}

/** One space that fails keeps no other back. @throws the first error, once all had their turn */
async function inEach(
  versions: readonly IndexVersion[],
  work: (version: IndexVersion) => Promise<void>,
): Promise<void> {
  const errors: unknown[] = [];
  for (const version of versions) await work(version).catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}
