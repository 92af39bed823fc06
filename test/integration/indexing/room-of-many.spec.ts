import type { ApiKeysService } from '../../../src/auth/api-keys.service.js';
import { AuditRepository } from '../../../src/auth/audit.repository.js';
import { AuditService } from '../../../src/auth/audit.service.js';
import type { ApiKeyIdentity } from '../../../src/common/http/api-request.js';
import { Lifecycle } from '../../../src/common/http/lifecycle.js';
import { RandomIds } from '../../../src/common/ids.js';
import type { Config } from '../../../src/config/config.js';
import type { ConnectionsRepository } from '../../../src/connections/connections.repository.js';
import type { ConnectionsService } from '../../../src/connections/connections.service.js';
import type { PlanSourceService } from '../../../src/connections/plan-source.service.js';
import type { PlanRepository } from '../../../src/connections/plan.repository.js';
import type { ScopeRepository } from '../../../src/connections/scope.repository.js';
import { ScopeService } from '../../../src/connections/scope.service.js';
import { BackgroundDatabase } from '../../../src/database/background-database.js';
import type { Database } from '../../../src/database/database.js';
import type { DocumentLifecycle } from '../../../src/remember/document-lifecycle.js';
import type { RunsService } from '../../../src/runs/runs.service.js';
import type { SchedulerRepository } from '../../../src/scheduler/scheduler.repository.js';
import { SchedulerService } from '../../../src/scheduler/scheduler.service.js';
import { TenantDeletionService } from '../../../src/tenants/tenant-deletion.service.js';
import { TenantsRepository } from '../../../src/tenants/tenants.repository.js';
import { documentLifecycle } from '../../support/document-lifecycle.js';
import { describeOnQdrant } from './qdrant-fixtures.js';
import { indexWithRoom, type IndexWithRoom } from './room-fixtures.js';

/** Of the 50 at which requests are refused. */
const MAINTENANCE_WAITS_AT = 5;
const SYNCS_WAIT_AT = 10;

const worker = { role: 'worker' } as Config;
const by = { id: 'key', tenantName: 'test' } as ApiKeyIdentity;
const nothing = () => Promise.resolve();

describeOnQdrant('what hides or removes many memories', (open, qdrant) => {
  let database: Database;
  let audit: AuditService;
  let { parts, tables, collection, seen, fill, keepUp } = {} as IndexWithRoom;

  beforeAll(async () => {
    database = await open();
  });
  beforeEach(async () => {
    ({ parts, tables, collection, seen, fill, keepUp } = await indexWithRoom(
      database,
      qdrant().url,
    ));
    audit = new AuditService(database, new AuditRepository(), new RandomIds(), parts.clock);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await parts.remove();
  });

  /** As chunks of documents whose time is over. */
  const hide = (memories: readonly string[], chunks: number): Promise<unknown> =>
    database.asSystem((tx) =>
      tx.query(
        `with parts as (
           select id, (n - 1) / $4 as part from unnest($3::uuid[]) with ordinality m(id, n)
         ), docs as (
           insert into documents (id, tenant_id, collection_id, provider, account_id, external_id,
             partition_key, seq, version, state, chunk_count, purge_at)
           select gen_random_uuid(), $1, $2, 'files', '/notes', part, '.', part, '1', 'deleted',
             count(*), '2025-01-01' from parts group by part
           returning id, seq
         )
         update memories m set document_id = d.id, visible = false
         from docs d join parts p on p.part = d.seq where m.id = p.id`,
        [tables.tenant, collection, memories, chunks],
      ),
    );

  /** Marks some of these as the removal of a document's chunks does. */
  const unmake = (ids: string[], count: number): Promise<void> =>
    database.inTenant(tables.tenant, (tx) => parts.index.remove(tx, ids.splice(0, count)));

  describe('the deletion of a tenant', () => {
    const deletion = (): TenantDeletionService =>
      new TenantDeletionService(
        new BackgroundDatabase(database),
        new TenantsRepository(),
        { forgetKeys: () => undefined } as unknown as ApiKeysService,
        audit,
        new Lifecycle(),
        parts.index,
        worker,
      );
    const left = async (): Promise<{ tenants: number; memories: number }> => {
      const [row] = await database.asSystem((tx) =>
        tx.query<[{ tenants: number; memories: number }]>(
          `select (select count(*)::int from tenants where id = $1) as tenants,
             (select count(*)::int from memories where tenant_id = $1) as memories`,
          [tables.tenant],
        ),
      );
      return row;
    };

    it('leaves syncs and requests their room', async () => {
      await fill(40);
      keepUp();
      await deletion().delete(tables.tenant, by, 'test');
      expect(await left()).toEqual({ tenants: 0, memories: 0 });
      expect(seen.length).toBeGreaterThan(5);
      expect(Math.max(...seen)).toBeLessThan(SYNCS_WAIT_AT);
    });

    it('is answered while the index is behind, and finished by a worker', async () => {
      await fill(40);
      const late = jest.spyOn(AbortSignal, 'timeout');
      late.mockReturnValue(AbortSignal.abort(new Error('late')));
      await deletion().delete(tables.tenant, by, 'test');
      expect(await left()).toEqual({ tenants: 1, memories: 40 - MAINTENANCE_WAITS_AT });
      late.mockRestore();
      keepUp();
      await deletion().resume();
      expect(await left()).toEqual({ tenants: 0, memories: 0 });
    });
  });

  it('the removal of documents whose time is over leaves syncs and requests their room', async () => {
    const memories = await fill(20);
    await hide(memories, 2);
    await parts.drain();
    const background = new BackgroundDatabase(database);
    keepUp();
    await new SchedulerService(
      background,
      {} as SchedulerRepository,
      {} as RunsService,
      documentLifecycle(database, parts.clock, parts.index),
      new Lifecycle(),
      parts.index,
      worker,
    ).purgeHiddenDocuments();
    const left = await database.asSystem((tx) =>
      tx.query(`select from memories where tenant_id = $1`, [tables.tenant]),
    );
    expect(left).toEqual([]);
    expect(seen.length).toBeGreaterThan(1);
    expect(Math.max(...seen)).toBeLessThan(SYNCS_WAIT_AT);
  });

  describe('another choice of sources', () => {
    const PLAN = '00000000-0000-4000-8000-000000000001';
    const config = { channels: ['one'] };

    /** Hides chunks, 20 in a batch, which takes a second: so long a count is believed. */
    const apply = async (memories: string[]): Promise<void> => {
      const row = { id: 'connection', provider: 'slack', config: {}, status: 'paused' };
      const plan = { given: config, from: {}, to: config, added: [], removed: [] };
      const someLeft = () =>
        Promise.resolve(memories.length > 0 ? [{ id: 'd', chunkCount: 1 }] : []);
      const none = () => Promise.resolve([]);
      await new ScopeService(
        database,
        {
          require: () => Promise.resolve(row),
          get: () => Promise.resolve(row),
        } as unknown as ConnectionsService,
        { update: nothing } as unknown as ConnectionsRepository,
        {
          find: () => Promise.resolve({ body: plan }),
          activeRun: nothing,
        } as unknown as PlanRepository,
        {
          ...{ lockConnection: nothing, leave: nothing, enter: nothing, markOutOfScope: nothing },
          ...{ toHide: someLeft, toRestore: none },
        } as unknown as ScopeRepository,
        {} as PlanSourceService,
        {
          hide: async (tx, _, ids) => {
            if (ids.length > 0) await parts.index.remove(tx, memories.splice(0, 20));
            parts.clock.advance(1000);
          },
          restore: nothing,
        } as Partial<DocumentLifecycle> as DocumentLifecycle,
        { wakeWorkers: () => undefined } as unknown as RunsService,
        audit,
        parts.index,
        parts.clock,
        new RandomIds(),
      ).apply(tables.tenant, by, 'connection', { config, plan_id: PLAN, confirm: true });
    };

    it('waits for the index between its batches', async () => {
      const memories = await fill(40);
      keepUp();
      await apply(memories);
      expect(seen).toEqual([20, 20]);
      expect(memories).toEqual([]);
    });

    it('does not wait for long, as its configuration is stored by then', async () => {
      const memories = await fill(60);
      const late = AbortSignal.abort(new Error('late'));
      jest.spyOn(AbortSignal, 'timeout').mockReturnValue(late);
      await apply(memories);
      expect(memories).toEqual([]);
    });

    it('waits for one time limit in all, however many batches there are', async () => {
      const memories = await fill(60);
      const limits: { end: number; given: AbortController }[] = [];
      const now = () => parts.clock.now().getTime();
      jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
        const given = new AbortController();
        limits.push({ end: now() + ms, given });
        return given.signal;
      });
      const sleep = parts.clock.sleep.bind(parts.clock);
      jest.spyOn(parts.clock, 'sleep').mockImplementation((ms, signal) => {
        for (const { end, given } of limits) if (now() >= end) given.abort(new Error('late'));
        return sleep(ms, signal);
      });
      const begun = now();
      await apply(memories);
      expect(memories).toEqual([]);
      expect(now() - begun).toBeLessThan(10_000);
    });

    it('is refused while too many memories wait, and nothing has changed', async () => {
      const memories = await fill(60);
      await unmake(memories, 50);
      await expect(apply(memories)).rejects.toMatchObject({ code: 'index_behind' });
      expect(memories).toHaveLength(10);
    });
  });
});
