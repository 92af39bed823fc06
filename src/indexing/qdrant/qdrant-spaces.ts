import { Injectable, Logger } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { IndexVersionsRepository, type IndexVersion } from './index-versions.repository.js';
import { CollectionRefused, QdrantCollectionMissing, QdrantRefusal } from './qdrant-errors.js';
import { QdrantStore } from './qdrant-store.js';

/**
 * The physical collections of each embedding space. Searches go through an alias, so that a
 * rebuilt collection takes over at once and for every process.
 */
@Injectable()
export class QdrantSpaces {
  private readonly logger = new Logger('Indexing');
  /** Spaces whose first collection is known to have been made. */
  private readonly made = new Set<number>();

  constructor(
    private readonly database: Database,
    private readonly versions: IndexVersionsRepository,
    private readonly store: QdrantStore,
    private readonly prefix: string,
  ) {}

  /** What searches of a space read. */
  alias(space: number): string {
    return `${this.prefix}_space_${space}`;
  }

  collection(space: number, version: number): string {
    return `${this.alias(space)}_v${version}`;
  }

  /**
   * Where points of a space are to be written, the first collection made when there is none.
   * @throws CollectionRefused, AppError `index_unavailable`
   */
  async targets(space: number): Promise<string[]> {
    if (!this.made.has(space)) await this.makeFirst(space);
    const version = await this.find(space);
    if (!version) throw new Error(`space ${space} is gone`);
    const { live, lost, building, building_made: isMade } = version;
    // Until it is made nothing is marked for it, and then everything is.
    const next = building !== null && isMade ? [building] : [];
    const numbers = [...(lost ? [] : [live]), ...next];
    return numbers.map((number) => this.collection(space, number));
  }

  /** Whether points have ever been written; then a missing collection is a lost one. */
  async isMade(space: number): Promise<boolean> {
    return (await this.find(space))?.made === true;
  }

  all(): Promise<IndexVersion[]> {
    return this.database.asSystem((tx) => this.versions.all(tx), { priority: 'background' });
  }

  /**
   * Fills a new collection from the rows and swaps it in when it is complete. Searches go on in
   * the old one. Does nothing while one is being built.
   */
  async rebuild(space: number): Promise<void> {
    const above = await this.highest(space);
    await this.database.asSystem((tx) => this.versions.begin(tx, space, { above }));
    await this.makeBuilding(space);
  }

  /** A collection of the space is gone, and with it every point: they are made again. */
  async recover(space: number, missing: string): Promise<void> {
    const version = await this.find(space);
    if (!version) return;
    const { live, building } = version;
    const isBuilding = building !== null && missing === this.collection(space, building);
    // A swap on the way has deleted it, as it should; here, or before it is noted.
    if (!isBuilding && missing !== this.collection(space, live)) return;
    const above = await this.highest(space);
    const isLost = await this.database.asSystem(async (tx) => {
      if (!isBuilding && !(await this.versions.noteLost(tx, space, live))) return false;
      await this.versions.begin(tx, space, { gone: isBuilding ? building : null, above });
      return true;
    });
    if (isLost)
      this.logger.error(`${missing} is gone from Qdrant; it is filled again from the rows.`);
    await this.makeBuilding(space);
  }

  /**
   * Lets the built collection take over and deletes those of the space that nothing refers to.
   * @throws QdrantCollectionMissing when it is gone
   */
  async swap({ space_id: space, building }: IndexVersion): Promise<void> {
    const name = this.collection(space, building!);
    await this.store.pointAlias(this.alias(space), name);
    await this.database.asSystem((tx) => this.versions.swap(tx, space, building!));
    // Somebody who read the row before may have set it back, and it would go with the old one.
    await this.point(space);
    for (const dead of await this.dead())
      if (dead.startsWith(`${this.alias(space)}_v`)) await this.remove(dead);
  }

  /** Physical collections that nothing refers to any more, e.g. of a swap that was cut off. */
  async dead(): Promise<string[]> {
    // In this order: a row names a collection before it is made.
    const names = await this.store.collections();
    const versions = new Map((await this.all()).map((version) => [version.space_id, version]));
    const pattern = new RegExp(`^${this.prefix}_space_(\\d+)_v(\\d+)$`);
    return names.filter((name) => {
      const [, space, number] = pattern.exec(name) ?? [];
      const version = versions.get(Number(space));
      if (!version) return false;
      return Number(number) !== version.live && Number(number) !== version.building;
    });
  }

  /** Physical collections that Qdrant has, others' as well. @throws AppError `index_unavailable` */
  present(): Promise<string[]> {
    return this.store.collections();
  }

  /**
   * Lets the alias of a space mean its live collection, as it does unless somebody changed it. A
   * swap may come between, so the row is looked at once more.
   */
  async point(space: number): Promise<void> {
    const live = (await this.find(space))?.live;
    if (live === undefined) return;
    await this.store.pointAlias(this.alias(space), this.collection(space, live));
    if ((await this.find(space))?.live !== live) await this.point(space);
  }

  /**
   * Makes the collection of a rebuild that has begun; a crash may have come between the two. One
   * that had been made is left to be missed: what was written to it is to be marked again.
   */
  async makeBuilding(space: number): Promise<void> {
    const version = await this.find(space);
    if (version?.building == null || version.building_made) return;
    const { building, dimensions } = version;
    const name = this.collection(space, building);
    if (await this.making(() => this.store.createCollection(name, dimensions))) {
      // At once: another process that finds this one may go on with it.
      const now = await this.find(space);
      // Another one had been made before, and what was written to it is lost.
      if (now?.building === building && Number(now.marked) > 0) return this.recover(space, name);
    }
    await this.making(() => this.store.createPayloadIndexes(name));
    await this.database.asSystem((tx) => this.versions.noteBuildingMade(tx, space, building));
  }

  /** @throws CollectionRefused, AppError `index_unavailable` */
  private async making<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw error instanceof QdrantRefusal ? new CollectionRefused(error) : error;
    }
  }

  /** The highest number of a collection of the space that Qdrant has. */
  private async highest(space: number): Promise<number> {
    const start = `${this.alias(space)}_v`;
    const mine = (await this.store.collections()).filter((name) => name.startsWith(start));
    return mine.reduce((most, name) => Math.max(most, Number(name.slice(start.length)) || 0), 0);
  }

  /**
   * Any number of writers may be at it, of several processes, and any of them may die: the row says
   * which collection it is before anybody makes it, and that it is made once it can be searched.
   */
  private async makeFirst(space: number): Promise<void> {
    const version = (await this.find(space)) ?? (await this.nameFirst(space));
    if (!version.made) {
      const first = this.collection(space, version.live);
      await this.making(() => this.store.createCollection(first, version.dimensions));
      await this.making(() => this.store.createPayloadIndexes(first));
      // Another one may be live by now.
      await this.point(space);
      await this.database.asSystem((tx) => this.versions.noteMade(tx, space, version.live));
    }
    this.made.add(space);
  }

  private async nameFirst(space: number): Promise<IndexVersion> {
    // Above whatever an earlier life of this database has left there.
    const number = (await this.highest(space)) + 1;
    await this.database.asSystem((tx) => this.versions.insertFirst(tx, space, number));
    const version = await this.find(space);
    if (!version) throw new Error(`space ${space} is gone`);
    return version;
  }

  private find(space: number): Promise<IndexVersion | undefined> {
    return this.database.asSystem((tx) => this.versions.find(tx, space));
  }

  /** Deletes a physical collection, if it is there. */
  async remove(collection: string): Promise<void> {
    try {
      await this.store.deleteCollection(collection);
    } catch (error) {
      if (!(error instanceof QdrantCollectionMissing)) throw error;
    }
  }
}
