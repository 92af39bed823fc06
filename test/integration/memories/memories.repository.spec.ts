import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { Database } from '../../../src/database/database.js';
import {
  MemoriesRepository,
  type ListKey,
  type ListedRecord,
} from '../../../src/memories/memories.repository.js';
import { toMemory } from '../../../src/memories/memory.mapper.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { MemoryRows } from './memory-rows.js';

const repository = new MemoriesRepository();
const everything = { includeArchived: true };
const current = { includeArchived: false };

describeOnEachDatabase(
  'memories repository',
  (open) => {
    let database: Database;
    beforeAll(async () => {
      database = await open();
    });

    /** Runs with a tenant and a collection of its own. */
    async function withRows(
      work: (tx: EntityManager, rows: MemoryRows, collection: string) => Promise<void>,
    ): Promise<void> {
      await database.asSystem(async (tx) => {
        const rows = new MemoryRows(tx, randomUUID());
        await rows.tenantRow();
        await work(tx, rows, await rows.collection('notes'));
      });
    }

    const keyOf = (row: ListedRecord): ListKey => [row.pinned, Number(row.created_micros), row.id];

    it('lists pinned first, then newest, and pages by key as by offset', async () => {
      await withRows(async (tx, rows, collection) => {
        const times = ['.000001', '.000001', '.000002', '.000900', '.001000'];
        for (let n = 0; n < 40; n++) {
          await rows.memory(collection, `memory ${n}`, {
            pinned: n % 7 === 0,
            created_at: `2026-01-01T00:00:00${times[n % times.length]}Z`,
          });
        }
        const all = await repository.list(tx, rows.tenant, collection, current, {
          limit: 100,
          offset: 0,
        });
        expect(all).toHaveLength(40);
        expect(all.slice(0, 6).every((row) => row.pinned)).toBe(true);
        const micros = all.slice(6).map((row) => Number(row.created_micros));
        expect(micros).toEqual(micros.toSorted((a, b) => b - a));

        const walked: ListedRecord[] = [];
        for (;;) {
          const last = walked.at(-1);
          const page = await repository.list(tx, rows.tenant, collection, current, {
            limit: 3,
            offset: 0,
            after: last && keyOf(last),
          });
          if (page.length === 0) break;
          walked.push(...page);
        }
        expect(walked.map((row) => row.id)).toEqual(all.map((row) => row.id));
        const second = await repository.list(tx, rows.tenant, collection, current, {
          limit: 5,
          offset: 5,
        });
        expect(second.map((row) => row.id)).toEqual(all.slice(5, 10).map((row) => row.id));
      });
    });

    it('filters by tag, category and source', async () => {
      await withRows(async (tx, rows, collection) => {
        await rows.memory(collection, 'one', { container_tag: 'ann', category: 'fact' });
        await rows.memory(collection, 'two', { container_tag: 'bob', source: 'slack' });
        const texts = async (filter: object): Promise<string[]> => {
          const page = { limit: 10, offset: 0 };
          const wanted = { ...current, ...filter };
          const found = await repository.list(tx, rows.tenant, collection, wanted, page);
          return found.map((row) => row.text);
        };
        expect(await texts({ containerTag: 'ann' })).toEqual(['one']);
        expect(await texts({ category: 'fact' })).toEqual(['one']);
        expect(await texts({ source: 'slack' })).toEqual(['two']);
        expect(await texts({ source: 'slack', containerTag: 'ann' })).toEqual([]);
      });
    });

    it('hides what is expired, superseded or hidden by its source, archived on request only', async () => {
      await withRows(async (tx, rows, collection) => {
        const gone = await rows.document(collection, 'deleted');
        await rows.memory(collection, 'expired', { expires_at: '2020-01-01T00:00:00Z' });
        await rows.memory(collection, 'superseded', { is_latest: false, visible: false });
        await rows.memory(collection, 'source deleted', { document_id: gone, visible: false });
        await rows.memory(collection, 'archived', { archived: true, visible: false });
        await rows.memory(collection, 'shown');
        const page = { limit: 10, offset: 0 };
        const texts = (found: ListedRecord[]): string[] => found.map((row) => row.text).toSorted();
        const listed = await repository.list(tx, rows.tenant, collection, current, page);
        expect(texts(listed)).toEqual(['shown']);
        const more = await repository.list(tx, rows.tenant, collection, everything, page);
        expect(texts(more)).toEqual(['archived', 'shown']);
      });
    });

    it('keeps `visible` right when a memory is archived and brought back', async () => {
      await withRows(async (tx, rows, collection) => {
        const live = await rows.document(collection, 'live');
        const deleted = await rows.document(collection, 'deleted');
        const visible = async (id: string): Promise<boolean> => {
          const found = await tx.query<{ visible: boolean }[]>(
            'select visible from memories where id = $1',
            [id],
          );
          return found[0]!.visible;
        };
        const archive = (id: string, archived: boolean) =>
          repository.change(tx, rows.tenant, collection, id, { archived });

        for (const document_id of [null, live]) {
          const id = await rows.memory(collection, 'text', { document_id });
          await archive(id, true);
          expect(await visible(id)).toBe(false);
          await archive(id, false);
          expect(await visible(id)).toBe(true);
        }
        const old = await rows.memory(collection, 'old', { is_latest: false, visible: false });
        await archive(old, false);
        expect(await visible(old)).toBe(false);
        const hidden = await rows.memory(collection, 'hidden', {
          document_id: deleted,
          visible: false,
        });
        expect(await archive(hidden, false)).toBeUndefined();
        expect(await visible(hidden)).toBe(false);
      });
    });

    it('changes only what is given and shows where a synced memory comes from', async () => {
      await withRows(async (tx, rows, collection) => {
        const document = await rows.document(collection, 'suspect');
        const id = await rows.memory(collection, 'text', {
          document_id: document,
          metadata: JSON.stringify({ k: 1, title: 'not this' }),
        });
        const changed = await repository.change(tx, rows.tenant, collection, id, {
          importance: 0.9,
        });
        expect(toMemory(changed!)).toMatchObject({
          id,
          importance: 0.9,
          category: 'other',
          pinned: false,
          collection: 'notes',
          metadata: {
            k: 1,
            title: 'A title',
            url: 'file:///a',
            author: 'Ann',
            provider: 'files',
            document_id: document,
            connection_id: null,
            external_id: document,
          },
        });
      });
    });

    it('knows nothing of other tenants and collections', async () => {
      await withRows(async (tx, rows, collection) => {
        const id = await rows.memory(collection, 'mine');
        const other = await rows.collection('other');
        expect(await repository.find(tx, rows.tenant, collection, id)).toBeDefined();
        expect(await repository.find(tx, rows.tenant, other, id)).toBeUndefined();
        expect(await repository.find(tx, randomUUID(), collection, id)).toBeUndefined();
        const intruder = randomUUID();
        expect(
          await repository.change(tx, intruder, collection, id, { pinned: true }),
        ).toBeUndefined();
        expect(await repository.lockForRemoval(tx, intruder, collection, [id])).toEqual([]);
        await repository.remove(tx, intruder, [id]);
        expect(await repository.find(tx, rows.tenant, collection, id)).toBeDefined();
      });
    });

    it('notes a deleted synced memory once', async () => {
      await withRows(async (tx, rows, collection) => {
        const document = await rows.document(collection, 'live');
        const id = await rows.memory(collection, 'text', { document_id: document });
        const [locked] = await repository.lockForRemoval(tx, rows.tenant, collection, [id]);
        for (let time = 0; time < 2; time++) {
          await repository.suppress(tx, rows.tenant, [{ ...locked!, suppressionId: randomUUID() }]);
        }
        const noted = await tx.query<object[]>(
          `select provider, account_id, collection_id, external_id, text_hash from suppressions
           where tenant_id = $1`,
          [rows.tenant],
        );
        expect(noted).toEqual([
          {
            provider: 'files',
            account_id: '/notes',
            collection_id: collection,
            external_id: document,
            text_hash: locked!.text_hash,
          },
        ]);
      });
    });
  },
  { pgvector: false },
);
