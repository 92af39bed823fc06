import { ManualClock } from '../common/clock.js';
import type { JobProgress } from '../jobs/job-handlers.js';
import { ReindexMeter } from './reindex-meter.js';
import { ReindexProgress } from './reindex.schema.js';

const PLACE = { hash: 'a', id: '00000000-0000-4000-8000-000000000001' };
const NEXT = { hash: 'b', id: '00000000-0000-4000-8000-000000000002' };

describe('the meter of a reindex', () => {
  let clock: ManualClock;
  let told: [ReindexProgress, ahead: boolean][];
  let meter: ReindexMeter;

  beforeEach(() => {
    clock = new ManualClock();
    told = [];
    const progress: JobProgress = {
      job: 'a job',
      last: null,
      tell: (shown, how) => {
        told.push([ReindexProgress.parse(shown), how?.ahead ?? false]);
        return Promise.resolve();
      },
    };
    meter = new ReindexMeter(progress, clock);
  });

  const last = () => told.at(-1)![0];

  it('keeps the place it goes on from until a page is done', async () => {
    await meter.begin('embedding', 450, { done: 200, after: PLACE });
    expect(last()).toMatchObject({ done: 200, total: 450, after: PLACE });
    await meter.waitFor('embedder_unavailable: it is down');
    expect(last()).toMatchObject({ after: PLACE, waiting: 'embedder_unavailable: it is down' });
    await meter.advance(200, NEXT);
    expect(last()).toMatchObject({ done: 400, after: NEXT, waiting: null });
    await meter.begin('removing', 0);
    expect(last()).toMatchObject({ phase: 'removing', done: 0, after: null });
  });

  it('says which notes are of work that was done', async () => {
    await meter.begin('embedding', 450);
    await meter.pass(200);
    await meter.waitFor('something');
    await meter.advance(100);
    await meter.begin('indexing', 0);
    expect(told.map(([, ahead]) => ahead)).toEqual([false, false, false, true, false]);
    expect(told[3]![0].done).toBe(300);
  });

  it('tells how fast this attempt is, and how long the rest takes', async () => {
    await meter.begin('embedding', 450, { done: 200, after: PLACE });
    clock.advance(10_000);
    await meter.advance(50, NEXT);
    expect(last()).toMatchObject({ done: 250, rate: 5, eta_seconds: 40 });
  });

  it('shows the round that it was told', async () => {
    await meter.begin('embedding', 450);
    expect(last().round).toBe(0);
    meter.round = 7;
    await meter.begin('catching_up', 3);
    expect(last().round).toBe(7);
  });
});

it('reads what was stored before there were rounds', () => {
  const stored = { phase: 'embedding', done: 1, total: 2, rate: 0, eta_seconds: null };
  const known = ReindexProgress.parse({ ...stored, waiting: null, after: PLACE });
  expect(known).toMatchObject({ after: PLACE, round: 0 });
});
