import { BEING_PURGED } from '../../../src/connections/connection-row.js';
import { ConnectionsRepository } from '../../../src/connections/connections.repository.js';
import { CollectionsRepository } from '../../../src/collections/collections.repository.js';
import { VECTOR_INDEX, type VectorIndex } from '../../../src/indexing/vector-index.js';
import { LeaseLost, type ClaimedRun } from '../../../src/runs/run-queue.js';
import { RunsService } from '../../../src/runs/runs.service.js';
import { SyncRunFactory } from '../../../src/sync/engine/sync-run.factory.js';
import { Gate } from '../../support/eventually.js';
import { describeOnEachStore, type TestStore } from '../../support/store-fixtures.js';
import { syncedFolder, type SyncedFolder } from '../../support/synced-folder.js';

const CONNECTIONS = '/v1/memory/connections';
const BATCH = 2;

describeOnEachStore('what a connection leaves behind', (open) => {
  let store: TestStore;
  let folder: SyncedFolder;
  let attached: string;

  beforeAll(async () => {
    store = await open();
    folder = await syncedFolder(store.database, store.env);
    for (const name of ['harbour', 'island', 'fare', 'timetable', 'lighthouse'])
      folder.write(`${name}.md`, `# ${name}\n\nThe ferry leaves at noon.\n`);
    await remove(folder.connection);
  });
  afterAll(() => folder.close());
  beforeEach(async () => {
    await attach();
    await sync();
    jest.replaceProperty(store.database, 'lightBatch', BATCH);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await remove(attached, '?purge=true');
    await sql(`delete from documents`);
  });

  const sql = <T>(statement: string, parameters: unknown[] = []) =>
    store.database.asSystem((tx) => tx.query<T[]>(statement, parameters));
  const remove = (id: string, query = '') =>
    folder.app.request('DELETE', `${CONNECTIONS}/${id}${query}`, { allow500: true });
  const attach = async () => {
    const body = { provider: 'files', config: { path: folder.root }, schedule: null };
    const answer = await folder.app.request('POST', CONNECTIONS, {
      body: { ...body, collection: 'notes' },
    });
    expect(answer.status).toBe(201);
    attached = answer.body.id;
  };
  const sync = async () =>
    (await folder.app.request('POST', `${CONNECTIONS}/${attached}/sync`)).body.run.counts;
  const repository = () => folder.app.nest.get(ConnectionsRepository);
  /** Attached again, with all documents still to be adopted. */
  const attachInVain = async () => {
    expect((await remove(attached)).status).toBe(200);
    const adopt = jest.spyOn(repository(), 'adopt').mockRejectedValue(new Error('died'));
    await attach();
    adopt.mockRestore();
    expect(await documents()).toEqual([null, null, null, null, null]);
  };
  /** Deletions that have been halted, each after its first transaction. */
  const halted = async (...queries: string[]) => {
    const index = folder.app.nest.get<VectorIndex>(VECTOR_INDEX);
    const deletions = [];
    for (const query of queries) {
      const gate = new Gate();
      jest.spyOn(index, 'waitForRoom').mockImplementationOnce(() => gate.pass());
      const answer = remove(attached, query);
      await gate.reached;
      deletions.push({
        goOn: () => {
          gate.open();
          return answer;
        },
      });
    }
    return deletions;
  };
  const BUSY = { status: 409, body: { code: 'connection_busy' } };
  const documents = async () =>
    (await sql<{ of: string | null }>(`select connection_id as of from documents`)).map(
      ({ of }) => of,
    );

  it('is let go of in small transactions, and adopted by the next one', async () => {
    const letGo = jest.spyOn(repository(), 'letGo');
    expect((await remove(attached)).status).toBe(200);
    expect(letGo.mock.calls.map(([, , , ids]) => ids.length)).toEqual([2, 2, 1, 0]);
    await attach();
    expect(await documents()).toEqual(Array(5).fill(attached));
    expect(await sync()).toMatchObject({ created: 0, updated: 0, unchanged: 5 });
  });

  it('is purged, also where the next one has not adopted it yet', async () => {
    await attachInVain();
    expect((await remove(attached, '?purge=true')).status).toBe(200);
    expect(await documents()).toEqual([]);
    expect(await sql(`select from memories`)).toEqual([]);
  });

  it('is purged where it came after the last look', async () => {
    await attachInVain();
    jest.spyOn(repository(), 'leftBehind').mockResolvedValueOnce([]);
    expect((await remove(attached, '?purge=true')).status).toBe(200);
    expect(await documents()).toEqual([]);
  });

  it('is purged where its connection was half gone', async () => {
    const index = folder.app.nest.get<VectorIndex>(VECTOR_INDEX);
    jest.spyOn(index, 'waitForRoom').mockRejectedValueOnce(new Error('died'));
    expect((await remove(attached)).status).toBe(500);
    expect((await documents()).filter((of) => of === null)).toHaveLength(BATCH);
    expect((await remove(attached, '?purge=true')).status).toBe(200);
    expect(await documents()).toEqual([]);
  });

  it('is purged although another request is still letting go of it', async () => {
    const [detached, purged] = await halted('', '?purge=true');
    expect(await detached!.goOn()).toMatchObject(BUSY);
    expect((await purged!.goOn()).status).toBe(200);
    expect(await documents()).toEqual([]);
  });

  it('is purged although another request asks to let go of it meanwhile', async () => {
    const [purged] = await halted('?purge=true');
    expect(await remove(attached)).toMatchObject(BUSY);
    const paused = await folder.app.request('POST', `${CONNECTIONS}/${attached}/pause`);
    expect(paused.body).toMatchObject({ status: 'paused', status_reason: BEING_PURGED });
    expect(await remove(attached)).toMatchObject(BUSY);
    expect((await purged!.goOn()).status).toBe(200);
    expect(await documents()).toEqual([]);
  });

  it('is left alone by a purge that has been called off, also when it is let go of then', async () => {
    const [purged] = await halted('?purge=true');
    await folder.app.request('POST', `${CONNECTIONS}/${attached}/resume`);
    const [detached] = await halted('');
    expect(await purged!.goOn()).toMatchObject(BUSY);
    expect((await detached!.goOn()).status).toBe(200);
    expect(await documents()).toEqual([null, null, null]);
  });

  it('is let go of once a purge that died has been called off', async () => {
    const index = folder.app.nest.get<VectorIndex>(VECTOR_INDEX);
    jest.spyOn(index, 'waitForRoom').mockRejectedValueOnce(new Error('died'));
    expect((await remove(attached, '?purge=true')).status).toBe(500);
    expect((await remove(attached)).status).toBe(409);
    await folder.app.request('POST', `${CONNECTIONS}/${attached}/resume`);
    expect((await remove(attached)).status).toBe(200);
    expect(await documents()).toEqual([null, null, null]);
  });

  it('is adopted again by a run where its connection was half gone', async () => {
    const index = folder.app.nest.get<VectorIndex>(VECTOR_INDEX);
    jest.spyOn(index, 'waitForRoom').mockRejectedValueOnce(new Error('died'));
    expect((await remove(attached)).status).toBe(500);
    await folder.app.request('POST', `${CONNECTIONS}/${attached}/resume`);
    expect(await sync()).toMatchObject({ created: 0, unchanged: 5 });
    expect(await documents()).toEqual(Array(5).fill(attached));
  });

  it('is left alone while a run that does not stop could store it a second time', async () => {
    await sql(
      `update runs set state = 'running', lease_until = now() + interval '1 hour'
       where connection_id = $1`,
      [attached],
    );
    jest.spyOn(folder.app.nest.get(RunsService), 'wait').mockResolvedValue({} as never);
    const answer = await remove(attached);
    expect(answer).toMatchObject({ status: 409, body: { code: 'connection_busy' } });
    expect(await documents()).toEqual(Array(5).fill(attached));
    await sql(`update runs set state = 'cancelled'`);
  });

  it('is adopted by a run as long as it has its lease and is not to stop', async () => {
    await attachInVain();
    const adopt = jest.spyOn(repository(), 'adopt');
    const [{ tenant }] = (await sql<{ tenant: string }>(
      `select tenant_id as tenant from connections where id = $1`,
      [attached],
    )) as [{ tenant: string }];
    const lost = {
      ...{ id: attached, tenant_id: tenant, connection_id: attached, lease_token: attached },
    } as ClaimedRun;
    const factory = folder.app.nest.get(SyncRunFactory);
    const going = new AbortController().signal;
    await expect(factory.create(lost, going)).rejects.toThrow(LeaseLost);
    const drained = AbortSignal.abort(new Error('drained'));
    await expect(factory.create(lost, drained)).rejects.toThrow('drained');
    expect(adopt).not.toHaveBeenCalled();
    expect(await documents()).toEqual([null, null, null, null, null]);
  });

  it('is read again where its collection was half gone', async () => {
    const collections = folder.app.nest.get(CollectionsRepository);
    const deleteSome = collections.deleteSome.bind(collections);
    jest
      .spyOn(collections, 'deleteSome')
      .mockImplementation((tx, table, ...of) =>
        table === 'memories' ? deleteSome(tx, table, ...of) : Promise.reject(new Error('died')),
      );
    const path = '/v1/memory/collections/notes?cascade=true';
    expect((await folder.app.request('DELETE', path, { allow500: true })).status).toBe(500);
    expect(await sql(`select from memories`)).toEqual([]);
    await folder.app.request('POST', `${CONNECTIONS}/${attached}/resume`);
    expect(await sync()).toMatchObject({ unchanged: 0, updated: 5 });
    expect(await sql(`select from memories`)).toHaveLength(5);
  });

  it('goes with its collection before the connection does', async () => {
    const left: unknown[] = [];
    const collections = folder.app.nest.get(CollectionsRepository);
    const detach = collections.detachConnections.bind(collections);
    jest.spyOn(collections, 'detachConnections').mockImplementation(async (tx, ...given) => {
      left.push(...(await tx.query<unknown[]>(`select from documents`)));
      await detach(tx, ...given);
    });
    const path = '/v1/memory/collections/notes?cascade=true';
    expect((await folder.app.request('DELETE', path)).status).toBe(200);
    expect(left).toEqual([]);
    expect(await sql(`select from connections`)).toEqual([]);
  });
});
