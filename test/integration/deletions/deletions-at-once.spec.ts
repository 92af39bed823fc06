import type { ApiKeysService } from '../../../src/auth/api-keys.service.js';
import { AuditRepository } from '../../../src/auth/audit.repository.js';
import { AuditService } from '../../../src/auth/audit.service.js';
import { CollectionDeletionService } from '../../../src/collections/collection-deletion.service.js';
import { CollectionsRepository } from '../../../src/collections/collections.repository.js';
import type { CollectionsService } from '../../../src/collections/collections.service.js';
import { SystemClock } from '../../../src/common/clock.js';
import type { ApiKeyIdentity } from '../../../src/common/http/api-request.js';
import { Lifecycle } from '../../../src/common/http/lifecycle.js';
import { RandomIds } from '../../../src/common/ids.js';
import type { Config } from '../../../src/config/config.js';
import { BackgroundDatabase } from '../../../src/database/background-database.js';
import type { Database } from '../../../src/database/database.js';
import type { RunsService } from '../../../src/runs/runs.service.js';
import { TenantDeletionService } from '../../../src/tenants/tenant-deletion.service.js';
import { TenantsRepository } from '../../../src/tenants/tenants.repository.js';
import { databases } from '../../support/database-fixtures.js';
import { eventually, Gate } from '../../support/eventually.js';
import { recordTransactionSizes, type TransactionSize } from '../../support/transaction-sizes.js';
import { IndexTables, pgvectorParts } from '../indexing/index-fixtures.js';

const BATCH = 50;
const COLLECTION_BATCH = 500;

/** Who removes rows first is held before it commits, and once more before it goes on. */
class Held {
  readonly uncommitted = new Gate();
  readonly next = new Gate();
  private calls = 0;

  async at<T>(remove: () => Promise<T>): Promise<T> {
    const call = ++this.calls;
    if (call === 2) await this.next.pass();
    const more = await remove();
    if (call === 1) await this.uncommitted.pass();
    return more;
  }
}

class HeldTenants extends TenantsRepository {
  readonly held = new Held();

  override empty(...given: Parameters<TenantsRepository['empty']>): Promise<boolean> {
    return this.held.at(() => super.empty(...given));
  }
}

class HeldCollections extends CollectionsRepository {
  readonly held = new Held();

  override deleteSome(...given: Parameters<CollectionsRepository['deleteSome']>): Promise<boolean> {
    return this.held.at(() => super.deleteSome(...given));
  }
}

const postgresql = databases().find(({ name }) => name === 'postgresql');

(postgresql ? describe : describe.skip)('two processes that delete the same', () => {
  let database: Database;
  let tables: IndexTables;
  let collection: string;
  let audit: AuditService;
  let sizes: TransactionSize[];

  beforeAll(async () => {
    database = await postgresql!.open();
  });
  beforeEach(async () => {
    tables = await IndexTables.create(database);
    collection = await tables.addCollection();
    audit = new AuditService(database, new AuditRepository(), new RandomIds(), new SystemClock());
    jest.replaceProperty(database, 'lightBatch', BATCH);
    sizes = recordTransactionSizes(database);
  });
  afterEach(() => jest.restoreAllMocks());

  const by = { id: 'key', tenantName: 'test' } as ApiKeyIdentity;
  const sql = <T>(statement: string, parameters: unknown[] = []) =>
    database.asSystem((tx) => tx.query<T[]>(statement, parameters));

  /** The second one wants the rows of the first, which then leaves everything to it. */
  async function meet(
    { uncommitted, next }: Held,
    first: () => Promise<void>,
    second: () => Promise<void>,
  ): Promise<void> {
    const begun = first();
    await uncommitted.reached;
    const joined = second();
    await eventually('the second to wait for the first', async () => {
      const waiting = await sql(
        `select from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return waiting.length > 0 || undefined;
    });
    uncommitted.open();
    await joined;
    next.open();
    await begun;
  }

  const chunks = () => sizes.map((size) => size.chunks);
  const removed = () => chunks().reduce((sum, n) => sum + n, 0);

  it('take small transactions for a tenant', async () => {
    await tables.addRows(collection, 6 * BATCH);
    sizes.length = 0;
    const tenants = new HeldTenants();
    const service = (repository: TenantsRepository): TenantDeletionService =>
      new TenantDeletionService(
        new BackgroundDatabase(database),
        repository,
        { forgetKeys: () => undefined } as unknown as ApiKeysService,
        audit,
        new Lifecycle(),
        pgvectorParts(database).index,
        { role: 'worker' } as Config,
      );
    await meet(
      tenants.held,
      () => service(tenants).delete(tables.tenant, by, 'test'),
      () => service(new TenantsRepository()).resume(),
    );
    expect(removed()).toBe(6 * BATCH);
    expect(Math.max(...chunks())).toBe(BATCH);
    expect(await sql('select from tenants where id = $1', [tables.tenant])).toEqual([]);
  });

  it('take small transactions for a collection', async () => {
    await tables.addRows(collection, 3 * COLLECTION_BATCH);
    sizes.length = 0;
    const found = { id: collection, name: 'notes' };
    const collections = {
      requireIn: () => Promise.resolve(found),
    } as unknown as CollectionsService;
    const remove = (repository: CollectionsRepository): Promise<void> =>
      new CollectionDeletionService(
        database,
        collections,
        repository,
        {} as RunsService,
        audit,
        pgvectorParts(database).index,
      ).delete(tables.tenant, by, 'notes', { cascade: false });
    const repository = new HeldCollections();
    await meet(
      repository.held,
      () => remove(repository),
      () => remove(new CollectionsRepository()),
    );
    expect(removed()).toBe(3 * COLLECTION_BATCH);
    expect(Math.max(...chunks())).toBe(COLLECTION_BATCH);
    expect(await sql('select from collections where id = $1', [collection])).toEqual([]);
  });
});
