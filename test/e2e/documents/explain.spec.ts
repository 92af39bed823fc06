import { ItemError } from '../../../connectors/sdk/errors.js';
import { RetentionService } from '../../../src/scheduler/retention.service.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { lazily, scripted } from '../../support/scripted-source.js';
import { ScriptedApp } from '../runs/scripted-app.js';

describeOnOneDatabase('why a document is not in the index', (open) => {
  let bench: ScriptedApp;

  beforeAll(async () => {
    bench = await ScriptedApp.start(await open());
  });
  afterAll(() => bench.app.close());
  beforeEach(() => bench.attach());
  afterEach(() => bench.detach());

  const explain = async (query: Record<string, string>) => {
    const search = new URLSearchParams({ connection: bench.connection, ...query });
    return (await bench.request('GET', `/v1/memory/documents/explain?${search.toString()}`)).body;
  };
  const url = 'https://example.org/report';

  it('it is: by its address as by its id', async () => {
    bench.source.sweep = [{ documents: [scripted('a', 'One.', { url })] }];
    await bench.sync();
    const told = await explain({ url });
    expect(told).toMatchObject({
      ...{ verdict: 'live', in_index: true, action: null, failure: null },
      document: { external_id: 'a' },
      partition: { complete: true, skip_reason: null },
      last_run: { status: 'success' },
    });
    expect(await explain({ external_id: 'a' })).toEqual(told);
  });

  it('it failed, at which stage, how often, and when it is tried again', async () => {
    const body = lazily(() => {
      throw new TypeError('no such encoding');
    });
    bench.source.sweep = [{ documents: [scripted('a', 'v1', { url, body })] }];
    await bench.sync();
    const told = await explain({ url });
    expect(told).toMatchObject({ verdict: 'failed', in_index: false, failure: { attempts: 1 } });
    expect(told.action).toContain(`failures/${told.failure.id}/retry`);
    const retried = await bench.request('POST', `/v1/memory/failures/${told.failure.id}/retry`);
    expect(retried.status).toBe(202);
    await bench.settled(retried.body.run_id as string);
  });

  it('the source no longer has it', async () => {
    bench.source.sweep = [{ documents: [scripted('a', 'One.'), scripted('b', 'Two.')] }];
    await bench.sync();
    bench.source.sweep = [{ documents: [scripted('b', 'Two.')] }];
    await bench.sync();
    const told = await explain({ external_id: 'a' });
    expect(told).toMatchObject({ verdict: 'deleted', document: { state: 'deleted' } });
    expect(told.action).toContain('restore');
  });

  it('nothing was synced yet, or not to the end', async () => {
    expect(await explain({ external_id: 'a' })).toMatchObject({ verdict: 'not_reached' });
    bench.source.sweep = [{ documents: [scripted('b', 'Two.')], gap: 'a part is missing' }];
    await bench.sync();
    expect(await explain({ external_id: 'a' })).toMatchObject({ verdict: 'not_reached' });
  });

  it('nobody knows; the source, asked, does', async () => {
    bench.source.sweep = [{ documents: [scripted('b', 'Two.')] }];
    await bench.sync();
    const ask = { external_id: 'a', ask: 'true' };
    expect(await explain({ external_id: 'a' })).toMatchObject({ verdict: 'unknown' });
    expect(await explain(ask)).toMatchObject({ verdict: 'not_at_source' });
    bench.source.present.set('a', scripted('a', 'One.'));
    expect(await explain(ask)).toMatchObject({ verdict: 'not_reached' });
    bench.source.present.set('a', new ItemError('too_large', 'It is too large.'));
    expect(await explain(ask)).toMatchObject({
      ...{ verdict: 'failed', failure: { id: null, code: 'too_large' } },
    });
  });

  it('its partition is not read', async () => {
    const key = 'private';
    bench.changes = {
      async *partitions() {
        yield await Promise.resolve({ key, title: 'Private', skipReason: 'not joined' });
      },
    };
    await bench.sync();
    bench.source.present.set('p', scripted('p', 'One.', { partition: key }));
    expect(await explain({ external_id: 'p', ask: 'true' })).toMatchObject({
      ...{ verdict: 'partition_skipped', partition: { key, skip_reason: 'not joined' } },
    });
  });

  it('asks for either an address or an id, and for a connection to ask', async () => {
    for (const query of ['', '?url=a&external_id=b', '?external_id=a&ask=true']) {
      const answer = await bench.request('GET', `/v1/memory/documents/explain${query}`);
      expect([query, answer.status]).toEqual([query, 422]);
    }
  });

  it('was removed while a run was writing it: it is hidden again', async () => {
    bench.source.sweep = [{ documents: [scripted('a', 'One.')] }];
    await bench.sync();
    const { document } = await explain({ external_id: 'a' });
    await bench.request('DELETE', `/v1/memory/documents/${document.id}`);
    await bench.sql(`update documents set state = 'live', purge_at = null where id = $1`, [
      document.id,
    ]);
    const removed = await bench.app.nest.get(RetentionService).removeOld();
    expect(removed.hidden).toBe(1);
    expect(await explain({ external_id: 'a' })).toMatchObject({ verdict: 'suppressed' });
  });
});
