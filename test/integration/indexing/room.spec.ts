import type { AuditService } from '../../../src/auth/audit.service.js';
import { CollectionDeletionService } from '../../../src/collections/collection-deletion.service.js';
import { CollectionsRepository } from '../../../src/collections/collections.repository.js';
import type { CollectionsService } from '../../../src/collections/collections.service.js';
import type { ApiKeyIdentity } from '../../../src/common/http/api-request.js';
import { BackgroundDatabase } from '../../../src/database/background-database.js';
import type { Database } from '../../../src/database/database.js';
import { ConnectionDeletionService } from '../../../src/connections/connection-deletion.service.js';
import { BEING_PURGED } from '../../../src/connections/connection-row.js';
import type { ConnectionsRepository } from '../../../src/connections/connections.repository.js';
import type { ConnectionsService } from '../../../src/connections/connections.service.js';
import type { PlanRepository } from '../../../src/connections/plan.repository.js';
import type { ScopeRepository } from '../../../src/connections/scope.repository.js';
import { LengthRewrite } from '../../../src/indexing/rows/length-rewrite.js';
import { TermStatisticsRepository } from '../../../src/indexing/statistics/term-statistics.repository.js';
import type { DocumentLifecycle } from '../../../src/remember/document-lifecycle.js';
import { Lifecycle } from '../../../src/common/http/lifecycle.js';
import { StatisticsCheck } from '../../../src/indexing/drift/statistics-check.js';
import { Embedders } from '../../../src/inference/embedders.js';
import { FakeEmbedder } from '../../../src/inference/fake.embedder.js';
import { StoredTexts } from '../../../src/remember/stored/stored-texts.js';
import { StoredTextsRepository } from '../../../src/remember/stored/stored-texts.repository.js';
import { CollectionCheck } from '../../../src/reindex/collection-check.js';
import { Findings } from '../../../src/reindex/findings.js';
import { IndexCheckRepository } from '../../../src/reindex/index-check.repository.js';
import { IndexCheckService } from '../../../src/reindex/index-check.service.js';
import type { RunsService } from '../../../src/runs/runs.service.js';
import { describeOnQdrant } from './qdrant-fixtures.js';
import { indexWithRoom, type IndexWithRoom } from './room-fixtures.js';

const LONG = 'cherry database engine forest garden harbour island jungle kettle';
/** Of the 50 at which requests are refused. */
const SYNCS_WAIT_AT = 10;
const BATCH = 500;
const BEFORE_EVERY_ID = '00000000-0000-0000-0000-000000000000';

const audit = { record: () => Promise.resolve() } as unknown as AuditService;

describeOnQdrant('work that marks many memories', (open, qdrant) => {
  let database: Database;
  let { parts, tables, collection, seen, marks, fill, keepUp } = {} as IndexWithRoom;

  beforeAll(async () => {
    database = await open();
  });
  beforeEach(async () => {
    ({ parts, tables, collection, seen, marks, fill, keepUp } = await indexWithRoom(
      database,
      qdrant().url,
    ));
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await parts.remove();
  });

  async function mostAtOnce(): Promise<number> {
    return Math.max(...seen, await marks());
  }

  describe('such as a rewrite for another average length', () => {
    const rewrite = (): LengthRewrite =>
      new LengthRewrite(
        database,
        new TermStatisticsRepository(),
        parts.rows,
        parts.index,
        parts.clock,
      );

    beforeEach(async () => {
      await fill(5);
      await fill(40, LONG);
      await parts.folder.foldAll();
    });

    it('leaves syncs and requests their room', async () => {
      keepUp();
      await rewrite().rewriteDrifted();
      expect(seen.length).toBeGreaterThan(5);
      expect(await mostAtOnce()).toBeLessThan(SYNCS_WAIT_AT);
      const averages = await database.asSystem((tx) =>
        tx.query<{ average: number }[]>(
          `select distinct average_length as average from point_words where collection_id = $1`,
          [collection],
        ),
      );
      expect(averages).toEqual([{ average: expect.closeTo((5 * 2 + 40 * 9) / 45, 4) }]);
    });

    it('ends when it is stopped while it waits', async () => {
      const stop = new AbortController();
      jest.spyOn(parts.clock, 'sleep').mockImplementation((_, signal) => {
        stop.abort(new Error('stopped'));
        return Promise.reject(signal!.reason as Error);
      });
      await expect(rewrite().rewriteDrifted(stop.signal)).rejects.toThrow('stopped');
    });
  });

  describe('such as a repair', () => {
    const model = (): string => `test:${tables.tenant}`;
    const statistics = (): StatisticsCheck =>
      new StatisticsCheck(
        new BackgroundDatabase(database),
        parts.rows,
        new TermStatisticsRepository(),
      );
    const collections = (): CollectionCheck => {
      const background = new BackgroundDatabase(database);
      return new CollectionCheck(
        background,
        new Embedders(new FakeEmbedder(3, model())),
        new StoredTexts(background, new StoredTextsRepository(), parts.index),
        parts.rows,
        statistics(),
        new Lifecycle(),
        parts.index,
      );
    };
    const repairFrom = (place: object) => {
      const cursor = Buffer.from(JSON.stringify(place)).toString('base64url');
      return new IndexCheckService(
        new BackgroundDatabase(database),
        new IndexCheckRepository(),
        collections(),
        statistics(),
        audit,
        parts,
        parts.clock,
      ).check('operator', { repair: true, cursor });
    };
    const repair = () => repairFrom({ stage: 'rows', space: tables.space.id, after: null });
    const embed = () =>
      repairFrom({ stage: 'texts', collection, after: { hash: '', id: BEFORE_EVERY_ID } });
    const block = async (ids: readonly string[]): Promise<void> => {
      const { id } = tables.space;
      await database.asSystem((tx) => parts.outbox.mark(tx, id, ids.slice(0, SYNCS_WAIT_AT)));
      parts.clock.advance(1000);
    };

    it('leaves syncs and requests their room', async () => {
      const ids = await fill(60);
      await parts.store.delete(parts.spaces.alias(tables.space.id), ids);
      keepUp();
      expect(await repair()).toMatchObject({ mended: { rows_without_point: 60 }, cursor: null });
      expect(seen.length).toBeGreaterThan(5);
      expect(await mostAtOnce()).toBeLessThan(SYNCS_WAIT_AT);
      await parts.drain();
      const back = await parts.store.ids(parts.spaces.alias(tables.space.id), 100);
      expect(back.sort()).toEqual(ids.sort());
    });

    it('is refused while too many others wait', async () => {
      await block(await fill(60));
      await expect(repair()).rejects.toMatchObject({ code: 'index_behind', retryAfter: 10 });
      expect(await marks()).toBe(SYNCS_WAIT_AT);
    });

    describe('of memories without vectors', () => {
      let ids: string[];

      beforeEach(async () => {
        ids = await fill(12);
        await database.asSystem((tx) =>
          tx.query('delete from point_vectors where memory_id = any($1::uuid[])', [ids]),
        );
        await parts.drain();
      });

      it('is refused while too many others wait', async () => {
        await block(ids);
        await expect(embed()).rejects.toMatchObject({ code: 'index_behind' });
      });

      it('counts what it wrote before others took the room', async () => {
        await fill(250);
        await database.asSystem((tx) => tx.query('delete from point_vectors'));
        const { tenant, space } = tables;
        const own = { id: collection, tenant, name: 'notes', model: model() };
        const whole = { ...own, spaceId: space.id, nextSpaceId: null };
        const findings = new Findings(true);
        jest
          .spyOn(parts.index, 'waitForRoom')
          .mockResolvedValueOnce(undefined)
          .mockRejectedValue(new Error('late'));
        const patience = new AbortController().signal;
        const after = await collections().page(whole, null, findings, patience);
        await expect(collections().page(whole, after, findings, patience)).rejects.toThrow('late');
        const [{ count }] = await database.asSystem((tx) =>
          tx.query('select count(*)::int from point_vectors'),
        );
        expect(findings.mended).toMatchObject({ memories_without_vector: count });
        expect(count).toBeGreaterThan(0);
      });

      it('does not wait for long where others take the room before it does', async () => {
        const late = AbortSignal.abort(new Error('late'));
        jest.spyOn(AbortSignal, 'timeout').mockReturnValue(late);
        const room = parts.check.room.bind(parts.check);
        jest.spyOn(parts.check, 'room').mockImplementationOnce(async () => {
          const left = await room();
          await block(ids);
          return left;
        });
        await expect(embed()).rejects.toMatchObject({ code: 'index_behind' });
        expect(await marks()).toBe(SYNCS_WAIT_AT);
      });
    });

    it('removes vectors of no use by as many as there is room for', async () => {
      await fill(12);
      const { id: other } = await tables.addSpace();
      await database.asSystem((tx) =>
        tx.query(
          `insert into point_vectors (space_id, collection_id, memory_id, embedding)
           select $2, collection_id, memory_id, embedding from point_vectors
           where collection_id = $1`,
          [collection, other],
        ),
      );
      await parts.drain();
      const { tenant, space } = tables;
      const own = { id: collection, tenant, name: 'notes', model: model() };
      const whole = { ...own, spaceId: space.id, nextSpaceId: null };
      const findings = new Findings(true);
      expect(await collections().whole(whole, findings, 5)).toBe(true);
      expect(await marks()).toBe(5);
      while (await collections().whole(whole, findings, 5));
      expect(findings.mended).toMatchObject({ vectors_of_no_use: 12, collections_miscounted: 0 });
    });
  });

  describe('such as a rebuild', () => {
    const version = async () =>
      (await parts.spaces.all()).find((one) => one.space_id === tables.space.id);

    it('stops when Qdrant refuses many points of the new collection, and goes on later', async () => {
      await fill(140);
      const { id } = tables.space;
      const create = parts.store.createCollection.bind(parts.store);
      const created = jest.spyOn(parts.store, 'createCollection');
      created.mockImplementationOnce((name) => create(name, 4));
      await parts.spaces.rebuild(id);
      await parts.rebuild.step();
      // Once: a second later they are due again.
      expect(await parts.applier.applySome()).toBe(5);
      const refused = await database.asSystem((tx) => tx.query('select attempts from outbox'));
      expect(refused).toEqual(Array(5).fill({ attempts: 1 }));
      for (let step = 0; step < 28; step += 1) {
        // As after some tries.
        await database.asSystem((tx) =>
          tx.query(
            `update outbox set attempts = 3, error = 'no', due_at = now() + interval '1 hour'`,
          ),
        );
        await parts.rebuild.step();
      }
      expect(await marks()).toBe(105);
      expect(await version()).toMatchObject({ building: 2, marked: '105', last_generation: null });
      const refusing = parts.spaces.collection(id, 2);
      await parts.store.deleteCollection(refusing);
      await parts.spaces.recover(id, refusing);
      expect(await version()).toMatchObject({ building: 3, building_made: true, marked: '0' });
      await parts.drain();
      await parts.rebuild.step();
      expect(await version()).toMatchObject({ building: 3, marked: '5' });
      expect(await marks()).toBe(5);
    });
  });

  describe('such as the deletion of a large collection', () => {
    const remove = (): Promise<void> => {
      const found = { id: collection, name: 'notes' };
      const service = { requireIn: () => Promise.resolve(found) } as unknown as CollectionsService;
      return new CollectionDeletionService(
        database,
        service,
        new CollectionsRepository(),
        {} as RunsService,
        audit,
        parts.index,
      ).delete(tables.tenant, { id: 'key' } as ApiKeyIdentity, 'notes', { cascade: false });
    };

    it('waits for the index between its batches', async () => {
      await fill(2 * BATCH);
      keepUp();
      await remove();
      // The batch after that one is within the second for which a count is believed.
      expect(seen).toEqual([BATCH]);
      expect(await marks()).toBe(BATCH);
    });

    it('does not wait for long, and is refused once additions are', async () => {
      await fill(2 * BATCH);
      jest.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort(new Error('late')));
      await expect(remove()).rejects.toMatchObject({ code: 'index_behind' });
      expect(await marks()).toBe(BATCH);
      await parts.drain();
      parts.clock.advance(1000);
      await expect(remove()).rejects.toMatchObject({ code: 'index_behind' });
      await parts.drain();
      parts.clock.advance(1000);
      await remove();
    });
  });

  it('such as the deletion of a connection with its documents waits between batches', async () => {
    const left = await fill(40);
    const nothing = () => Promise.resolve(undefined);
    const connections = {
      someDocuments: () => Promise.resolve(left.length > 0 ? [{ id: 'document', chunks: 20 }] : []),
      leftBehind: () => Promise.resolve([]),
      setStatus: () => Promise.resolve(true),
      remove: () => Promise.resolve(true),
    } as unknown as ConnectionsRepository;
    const lifecycle = {
      erase: async (tx, _, documents) => {
        if (documents.length > 0) await parts.index.remove(tx, left.splice(0, 20));
      },
    } as Partial<DocumentLifecycle> as DocumentLifecycle;
    keepUp();
    await new ConnectionDeletionService(
      database,
      { stop: nothing, require: nothing } as unknown as ConnectionsService,
      connections,
      { lockConnection: () => Promise.resolve(BEING_PURGED) } as unknown as ScopeRepository,
      {} as PlanRepository,
      lifecycle,
      { cancelActive: nothing } as unknown as RunsService,
      audit,
      parts.index,
    ).delete(tables.tenant, { id: 'key' } as ApiKeyIdentity, 'connection', true);
    expect(seen).toEqual([20]);
  });
});
