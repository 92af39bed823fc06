import type { LaneDefinition } from '../../../connectors/sdk/contract.js';
import { RateLimitedError } from '../../../connectors/sdk/errors.js';
import { VECTOR_INDEX, type VectorIndex } from '../../../src/indexing/vector-index.js';
import { RunsService } from '../../../src/runs/runs.service.js';
import { HOLD_COUNT } from '../../../src/sync/deletions/hold-rule.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { PARTITION, scripted, ScriptedSource } from '../../support/scripted-source.js';
import { ScriptedSourceBench } from '../../support/scripted-source-bench.js';

const LANES: readonly LaneDefinition[] = [
  { name: 'sweep', kind: 'sweep', checkpointVersion: 1 },
  { name: 'audit', kind: 'feed', checkpointVersion: 1 },
];

const later = () => new Date(Date.now() + 3_600_000);
const dated = (id: string, day: number) =>
  scripted(id, `Text of ${id}.`, {
    times: { createdAt: new Date(Date.UTC(2026, 0, day)), updatedAt: null },
  });

describeOnEachDatabase('the review of deletions', (open) => {
  let bench: ScriptedSourceBench;
  let source: ScriptedSource;

  beforeAll(async () => {
    bench = await ScriptedSourceBench.start(await open());
  });
  afterAll(() => bench.close());
  beforeEach(async () => {
    source = new ScriptedSource(LANES);
    await bench.attach(source);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await bench.detach();
  });

  const states = async () => {
    const counts: Record<string, number> = {};
    for (const { state } of await bench.stored()) counts[state] = (counts[state] ?? 0) + 1;
    return counts;
  };
  const know = async (count: number, label = 'd') => {
    const documents = Array.from({ length: count }, (_, n) => dated(`${label}${n}`, 1 + (n % 20)));
    source.sweep = [{ documents }];
    await bench.sync();
    source.sweep = [];
    return documents;
  };

  it('gets ahead with every attempt when the source limits how often it is asked', async () => {
    const documents = await know(31);
    source.sweep = [{ documents: documents.slice(30) }];
    let left = 0;
    source.beforeVerify = (refs) => {
      if (refs.length > left) throw new RateLimitedError('enough', later(), 'verify');
      left -= refs.length;
    };
    let run = await bench.sync();
    source.listed.length = 0;
    let waits = 0;
    for (; run.status === 'waiting'; waits += 1) {
      expect(run.waiting?.reason).toBe('rate_limited:verify');
      expect((await bench.index())['d0']).toBeDefined();
      left = 4;
      run = await bench.goOn(run);
    }
    // 1 and 2 of 4 each time.
    expect(waits).toBe(10);
    expect(run).toMatchObject({ status: 'success', counts: { deleted: 30 } });
    expect(source.listed).toEqual([]);
    expect(new Set(source.verified).size).toBe(30);
    expect(source.verified).toHaveLength(30);
    expect(await states()).toEqual({ deleted: 30, live: 1 });
  });

  it('keeps the word of the source when a held deletion is confirmed', async () => {
    const documents = await know(2 * HOLD_COUNT);
    for (const { externalId } of documents.slice(0, 20)) source.lost.add(externalId);
    const run = await bench.sync();
    const held = { count: 2 * HOLD_COUNT, partitions: [PARTITION] };
    expect(run).toMatchObject({ status: 'partial', held_deletions: held });
    expect(await states()).toEqual({ suspect: 2 * HOLD_COUNT });
    const confirmed = await bench.post('deletions/confirm');
    expect(confirmed.body).toEqual({ deleted: 80, lost_access: 20, kept: 0 });
    expect(await states()).toEqual({ deleted: 80, lost_access: 20 });
    expect(await bench.index()).toEqual({});
    const graces = await bench.sql<{ days: number }>(
      `select distinct round(extract(epoch from purge_at - now()) / 86400)::int as days
       from documents where connection_id = $1`,
      [bench.connection],
    );
    expect(graces).toEqual([{ days: 7 }]);
    expect(await bench.get()).toMatchObject({ held_deletions: null });
  });

  it('shows what lost access and came back again', async () => {
    const documents = await know(3);
    source.lost.add('d0');
    source.sweep = [{ documents: documents.slice(1) }];
    expect(await bench.sync()).toMatchObject({ counts: { lost_access: 1, deleted: 0 } });
    expect(Object.keys(await bench.index())).toHaveLength(2);
    source.lost.clear();
    source.sweep = [{ documents }];
    expect(await bench.sync()).toMatchObject({ counts: { restored: 1, embedded: 0 } });
    expect(Object.keys(await bench.index())).toHaveLength(3);
  });

  it('goes on holding what a later run does not review', async () => {
    await know(HOLD_COUNT + 1);
    const [kept] = await know(1, 'kept');
    expect(await bench.sync()).toMatchObject({ held_deletions: { count: HOLD_COUNT + 2 } });
    source.present.set('kept0', kept!);
    // From now on nothing is proven but a range in which there is nothing.
    source.sweep = [{ gap: 'a part is missing' }];
    const empty = { from: new Date(Date.UTC(2026, 1, 1)), to: null };
    source.pages.set(`audit ${PARTITION}`, [{ range: empty }]);
    source.verified.length = 0;
    const run = await bench.sync();
    expect(source.verified).toEqual([]);
    expect(run).toMatchObject({
      counts: { deleted: 0 },
      held_deletions: { count: HOLD_COUNT + 2 },
    });
    expect(Object.keys(await bench.index())).toHaveLength(HOLD_COUNT + 2);
    // The next whole sweep clears what is there after all.
    source.sweep = [{ documents: [kept!] }];
    const last = await bench.sync();
    expect(last).toMatchObject({ held_deletions: { count: HOLD_COUNT + 1 } });
  });

  describe('with deletions that are held', () => {
    const held = { count: HOLD_COUNT + 2, partitions: [PARTITION] };
    const shown = async () => (await bench.get()).held_deletions as unknown;
    /** A later run, which the source keeps waiting before it has judged anything. */
    const begin = async () => {
      const documents = await know(HOLD_COUNT + 2);
      await bench.sync();
      expect(await shown()).toMatchObject(held);
      const wait = () => {
        throw new RateLimitedError('enough', later(), 'list');
      };
      source.sweep = [{ before: wait }];
      const parked = await bench.sync();
      expect(parked.status).toBe('waiting');
      return { parked, documents };
    };

    it('shows them while a later run is under way, until it has judged them again', async () => {
      const { parked, documents } = await begin();
      expect(await shown()).toMatchObject(held);
      source.sweep = [{ documents: documents.slice(1, 2) }];
      await bench.goOn(parked);
      expect(await shown()).toMatchObject({ count: HOLD_COUNT + 1 });
    });

    it('shows them after a later run that was cancelled', async () => {
      const { id } = (await begin()).parked;
      await bench.app.request('POST', `/v1/memory/runs/${id}/cancel`);
      expect((await bench.settled(id)).status).toBe('cancelled');
      expect(await shown()).toMatchObject(held);
    });

    it('shows them no more once they are rejected in the middle of a later run', async () => {
      await begin();
      expect((await bench.post('deletions/reject')).body).toMatchObject({ kept: HOLD_COUNT + 2 });
      expect(await shown()).toBeNull();
    });
  });

  describe('with a review that is under way', () => {
    const COUNT = 2 * HOLD_COUNT;
    const refused = { status: 409, body: { code: 'no_held_deletions' } };
    /** The source keeps a run waiting in the middle of its questions; nothing is decided yet. */
    const reviewPart = async () => {
      let left = HOLD_COUNT;
      source.beforeVerify = (refs) => {
        if (refs.length > left) throw new RateLimitedError('enough', later(), 'verify');
        left -= refs.length;
      };
      const parked = await bench.sync();
      source.beforeVerify = undefined;
      expect(parked).toMatchObject({ status: 'waiting', counts: { deleted: 0 } });
      return parked;
    };
    const expectNothingToSettle = async () => {
      const before = await states();
      for (const act of ['confirm', 'reject'])
        expect(await bench.post(`deletions/${act}`)).toMatchObject(refused);
      expect(await states()).toEqual(before);
    };

    it('lets nobody settle what no run has decided to hold', async () => {
      await know(COUNT);
      const parked = await reviewPart();
      expect((await states())['suspect']).toBeGreaterThan(0);
      await expectNothingToSettle();
      expect(await bench.goOn(parked)).toMatchObject({ held_deletions: { count: COUNT } });
      expect((await bench.post('deletions/confirm')).body).toMatchObject({ deleted: COUNT });
      expect(await bench.get()).toMatchObject({ held_deletions: null });
    });

    it('lets nobody settle what a run is judging again, or was cancelled over', async () => {
      await know(COUNT);
      const first = await bench.sync();
      const { id } = await reviewPart();
      await expectNothingToSettle();
      await bench.app.request('POST', `/v1/memory/runs/${id}/cancel`);
      await expectNothingToSettle();
      const again = await bench.sync();
      expect(again.held_deletions).toEqual(first.held_deletions);
      expect((await bench.post('deletions/reject')).body).toMatchObject({ kept: COUNT });
    });
  });

  describe('with a confirmation that is cut short', () => {
    const COUNT = 2 * HOLD_COUNT;
    const confirm = () => bench.post('deletions/confirm');
    const noted = async () => {
      const rows = await bench.sql<{ details: { documents: number } }>(
        `select details from audit_log where action = 'deletions.confirmed' and target = $1
         order by created_at`,
        [bench.connection],
      );
      return rows.map(({ details }) => details.documents);
    };
    beforeEach(async () => {
      await know(COUNT);
      expect(await bench.sync()).toMatchObject({ held_deletions: { count: COUNT } });
    });

    it('by a run that judges again leaves the rest to that run', async () => {
      jest.replaceProperty(bench.database, 'lightBatch', 20);
      const setJudging = (as: string) =>
        bench.sql(`update runs set held_deletions = ${as} where connection_id = $1`, [
          bench.connection,
        ]);
      const index = bench.app.nest.get<VectorIndex>(VECTOR_INDEX);
      jest.spyOn(index, 'waitForRoom').mockImplementationOnce(async () => {
        await setJudging(`held_deletions || '{"judging": true}'`);
      });
      expect((await confirm()).body).toEqual({ deleted: 20, lost_access: 0, kept: 0 });
      expect(await states()).toEqual({ deleted: 20, suspect: COUNT - 20 });
      expect((await bench.get()).held_deletions).not.toBeNull();
      expect(await confirm()).toMatchObject({ status: 409, body: { code: 'no_held_deletions' } });
      await setJudging(`held_deletions - 'judging'`);
      expect((await confirm()).body).toMatchObject({ deleted: COUNT - 20 });
      expect((await bench.get()).held_deletions).toBeNull();
      expect(await noted()).toEqual([COUNT, COUNT - 20]);
    });

    it('is no business of a rejection, which leaves the index as it is', async () => {
      jest.replaceProperty(bench.database, 'lightBatch', 20);
      const index = bench.app.nest.get<VectorIndex>(VECTOR_INDEX);
      const waits = jest.spyOn(index, 'waitForRoom');
      expect((await bench.post('deletions/reject')).body).toMatchObject({ kept: COUNT });
      expect(waits).not.toHaveBeenCalled();
    });

    it('after its last batch is noted, and settled by whoever asks again', async () => {
      const runs = bench.app.nest.get(RunsService);
      jest.spyOn(runs, 'settleHeld').mockRejectedValueOnce(new Error('the process is unwell'));
      const path = `/v1/memory/connections/${bench.connection}/deletions/confirm`;
      const failed = await bench.app.request('POST', path, { body: {}, allow500: true });
      expect(failed.status).toBe(500);
      expect(await states()).toEqual({ deleted: COUNT });
      const again = await confirm();
      expect(again).toMatchObject({ status: 200, body: { deleted: 0, lost_access: 0, kept: 0 } });
      expect((await bench.get()).held_deletions).toBeNull();
      expect(await noted()).toEqual([COUNT]);
      expect(await confirm()).toMatchObject({ status: 409 });
    });
  });

  it('says since when deletions are held, whatever many runs have judged them again', async () => {
    await know(2 * HOLD_COUNT);
    const { held_deletions: first } = await bench.sync();
    const { held_deletions: second } = await bench.sync();
    expect(second).toEqual(first);
    await bench.post('deletions/reject');
    const { held_deletions: anew } = await bench.sync();
    expect(anew!.since > first!.since).toBe(true);
  });

  it('deletes again what was restored when the source says that it is gone', async () => {
    const documents = await know(2);
    source.sweep = [{ documents: documents.slice(1) }];
    expect(await bench.sync()).toMatchObject({ counts: { deleted: 1 } });
    const gone = (await bench.stored()).find(({ externalId }) => externalId === 'd0')!;
    const rows = await bench.sql<{ id: string }>(
      `select id from documents where connection_id = $1 and external_id = $2`,
      [bench.connection, gone.externalId],
    );
    const path = `/v1/memory/documents/${rows[0]!.id}`;
    await bench.app.request('POST', `${path}/restore`);
    source.verified.length = 0;
    expect(await bench.sync()).toMatchObject({ counts: { deleted: 0 } });
    expect([await states(), source.verified]).toEqual([{ live: 2 }, []]);
    source.changes = [{ tombstones: ['d0'] }];
    source.pages.set(`audit ${PARTITION}`, [{}, { tombstones: ['d0'] }]);
    expect(await bench.sync()).toMatchObject({ counts: { deleted: 1 } });
    const { body } = await bench.app.request('GET', path);
    expect(body).toMatchObject({ state: 'deleted', kept: false });
  });

  it('counts what a source reports as deleted once', async () => {
    await know(2);
    source.sweep = [{ gap: 'a part is missing' }];
    source.pages.set(`audit ${PARTITION}`, [{}, { tombstones: ['d0'] }, { tombstones: ['d0'] }]);
    expect(await bench.sync()).toMatchObject({ counts: { deleted: 1 } });
    expect(await states()).toEqual({ deleted: 1, live: 1 });
  });
});
