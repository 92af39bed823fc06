import type { LaneDefinition, SourceDocument } from '../../../connectors/sdk/contract.js';
import {
  ItemError,
  RateLimitedError,
  TransientSourceError,
} from '../../../connectors/sdk/errors.js';
import { MAX_UPSTREAM_ATTEMPTS } from '../../../src/sync/engine/error-policy.js';
import { TimeSlice } from '../../../src/sync/engine/time-slice.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { lazily, scripted, ScriptedSource } from '../../support/scripted-source.js';
import { ScriptedSourceBench } from '../../support/scripted-source-bench.js';

const LANES: readonly LaneDefinition[] = [
  { name: 'newest', kind: 'feed', checkpointVersion: 1 },
  { name: 'history', kind: 'feed', checkpointVersion: 1 },
];

const pause = () => new RateLimitedError('wait', new Date(Date.now() + 3_600_000), 'list');

/** Feeds that have something to list whenever they are asked, as one that goes round has. */
describeOnOneDatabase('a lane that has listed what there is for this run', (open) => {
  let bench: ScriptedSourceBench;
  let source: ScriptedSource;

  beforeAll(async () => {
    bench = await ScriptedSourceBench.start(await open());
  });
  afterAll(() => bench.close());
  beforeEach(async () => {
    source = new ScriptedSource(LANES);
    source.goesRound = true;
    source.partitions = ['a', 'b'].map((key) => ({ key, title: key }));
    for (const key of ['a', 'b'])
      for (const lane of ['newest', 'history'])
        source.pages.set(`${lane} ${key}`, [{ documents: [document(`${lane}-${key}`, key)] }]);
    await bench.attach(source);
  });
  afterEach(() => bench.detach());

  const document = (id: string, partition: string): SourceDocument =>
    scripted(id, `What ${id} says.`, { partition });
  const visible = async () => Object.keys(await bench.index()).sort();
  const everything = ['history-a', 'history-b', 'newest-a', 'newest-b'];
  const notWhole = (...places: string[]): void => {
    for (const place of places) {
      const [lane, key] = place.split(' ') as [string, string];
      const documents = [document(`${lane}-${key}`, key)];
      source.pages.set(place, [{ documents, more: true, range: { from: new Date(0), to: null } }]);
    }
  };

  it('is not begun again by the attempts that follow', async () => {
    notWhole('newest a', 'newest b', 'history a');
    let refusals = 3;
    const before = () => {
      if (refusals-- > 0) throw pause();
    };
    source.pages.set('history b', [{ documents: [document('history-b', 'b')], before }]);
    let run = await bench.sync();
    while (run.status === 'waiting') run = await bench.goOn(run);
    expect(run).toMatchObject({ status: 'success', attempt: 4 });
    expect(source.listed).toEqual([
      ...['newest a', 'newest b', 'history a'],
      ...Array<string>(4).fill('history b'),
    ]);
    expect(await visible()).toEqual(everything);
  });

  it('is not begun again when the run goes on after it has given its slot up', async () => {
    notWhole('newest a', 'newest b', 'history a', 'history b');
    const isOver = jest.spyOn(TimeSlice.prototype, 'isOver').mockResolvedValue(true);
    try {
      expect(await bench.sync()).toMatchObject({ status: 'success', attempt: 1 });
    } finally {
      isOver.mockRestore();
    }
    expect(source.listed).toEqual(['newest a', 'newest b', 'history a', 'history b']);
    expect(await visible()).toEqual(everything);
  });

  it('goes on where it stood when its end was never stored', async () => {
    notWhole('newest a', 'newest b', 'history a');
    const before = () => {
      throw pause();
    };
    source.pages.set('history b', [{ documents: [document('history-b', 'b')], before }]);
    const run = await bench.sync();
    // As after a crash between the last page and the end.
    await bench.sql(`update run_partitions set finished = false where run_id = $1`, [run.id]);
    notWhole('history b');
    expect(await bench.goOn(run)).toMatchObject({ status: 'success' });
    expect(await visible()).toEqual(everything);
  });

  it.each(['The list was cut off.', 'Out of reach.'])(
    'makes the run partial when it says: %s',
    async (gap) => {
      source.pages.set('history a', [{ documents: [document('history-a', 'a')], gap }]);
      const run = await bench.sync();
      expect(run).toMatchObject({ status: 'partial', error: null });
      const lane = run.partitions.find(({ key, lane }) => key === 'a' && lane === 'history');
      expect(lane).toMatchObject({ state: 'incomplete', gap_reason: gap });
    },
  );

  it.each([1, 3])('is not kept waiting by %i that cannot be read, for ever', async (count) => {
    source.partitions = ['a', 'b', 'c', 'd'].map((key) => ({ key, title: key }));
    for (const key of ['c', 'd']) {
      source.pages.set(`newest ${key}`, []);
      source.pages.set(`history ${key}`, [{ documents: [document(`history-${key}`, key)] }]);
    }
    const before = () => {
      throw new TransientSourceError('http_503', 'unwell');
    };
    const broken = ['a', 'b', 'c'].slice(0, count);
    for (const key of broken) source.pages.set(`history ${key}`, [{ before }]);
    let run = await bench.sync();
    while (run.status === 'waiting' && run.attempt <= MAX_UPSTREAM_ATTEMPTS) {
      // Something else got it ahead, as single documents do.
      await bench.sql(`update runs set progressed_at = now() where id = $1`, [run.id]);
      run = await bench.goOn(run);
    }
    expect(run).toMatchObject({ status: 'partial', error: null });
    const gaps = run.partitions.filter(({ gap_reason }) => gap_reason === 'unwell');
    expect(gaps.map(({ key, state }) => `${key} ${state}`)).toEqual(
      broken.map((key) => `${key} incomplete`),
    );
    expect(await visible()).toContain('history-d');
  });

  it('is kept waiting by none of many that cannot be read', async () => {
    const broken = ['a', 'b', 'c', 'd', 'e', 'f'];
    source.partitions = [...broken, 'g'].map((key) => ({ key, title: key }));
    const before = () => {
      throw new TransientSourceError('http_503', 'unwell');
    };
    for (const { key } of source.partitions) source.pages.set(`newest ${key}`, []);
    for (const key of broken) source.pages.set(`history ${key}`, [{ before }]);
    source.pages.set('history g', [{ documents: [document('history-g', 'g')] }]);
    let run = await bench.sync();
    while (run.status === 'waiting' && run.attempt < 3 * MAX_UPSTREAM_ATTEMPTS)
      run = await bench.goOn(run);
    expect(run).toMatchObject({ status: 'partial', error: null });
    const gaps = run.partitions.filter(({ gap_reason }) => gap_reason === 'unwell');
    expect(gaps.map(({ key }) => key)).toEqual(broken);
    const tries = broken.map(
      (key) => source.listed.filter((place) => place === `history ${key}`).length,
    );
    // Three in a row end an attempt; once these are given up, it is the source that is unwell.
    expect(tries).toEqual([...Array<number>(3).fill(MAX_UPSTREAM_ATTEMPTS), 2, 2, 2]);
    expect(await visible()).toEqual(['history-g']);
  });

  /** Fails so often, and then no more. */
  const failing = (times: number, error: () => Error) => () => {
    if (times-- > 0) throw error();
  };
  const unwell = () => new TransientSourceError('http_503', 'unwell');

  it('has its eight attempts behind a single one that cannot be read', async () => {
    source.pages.set('newest b', []);
    source.pages.set('history a', [{ before: failing(Infinity, unwell) }]);
    // Gets ahead in each attempt, until the other one is given up; then it is unwell for a while.
    const pages = Array.from({ length: MAX_UPSTREAM_ATTEMPTS + 1 }, (_, n) => ({
      documents: [document(`b${n}`, 'b')],
      range: { from: new Date(-n), to: new Date(1 - n) },
      before: failing(n < MAX_UPSTREAM_ATTEMPTS ? 1 : 4, unwell),
    }));
    source.pages.set('history b', pages);
    let run = await bench.sync();
    while (run.status === 'waiting') run = await bench.goOn(run);
    expect(run).toMatchObject({ status: 'partial', error: null });
    const gaps = run.partitions.filter(({ gap_reason }) => gap_reason === 'unwell');
    expect(gaps.map(({ key }) => key)).toEqual(['a']);
    expect(await visible()).toContain(`b${MAX_UPSTREAM_ATTEMPTS}`);
  });

  it('has two attempts of its own behind three that cannot be read', async () => {
    const broken = ['a', 'b', 'c'];
    source.partitions = [...broken, 'd'].map((key) => ({ key, title: key }));
    for (const { key } of source.partitions) source.pages.set(`newest ${key}`, []);
    for (const key of broken)
      source.pages.set(`history ${key}`, [{ before: failing(Infinity, unwell) }]);
    const [limited, down] = [failing(1, pause), failing(1, unwell)];
    const before = () => {
      limited();
      down();
    };
    source.pages.set('history d', [{ documents: [document('history-d', 'd')], before }]);
    let run = await bench.sync();
    while (run.status === 'waiting') run = await bench.goOn(run);
    expect(run).toMatchObject({ status: 'partial', error: null });
    expect(await visible()).toEqual(['history-d']);
  });

  describe('a page that is read in part', () => {
    /** Documents of which only so many can be read between two pauses, each counted. */
    const limited = (count: number, perAttempt: number, error: () => Error = pause) => {
      const reads = new Map<string, number>();
      let left = perAttempt;
      const documents = Array.from({ length: count }, (_, n) =>
        scripted(`n${n}`, `n${n}`, {
          partition: 'a',
          body: lazily(() => {
            if (left-- <= 0) throw error();
            reads.set(`n${n}`, (reads.get(`n${n}`) ?? 0) + 1);
            return `What n${n} says.`;
          }),
        }),
      );
      source.partitions = [{ key: 'a', title: 'a' }];
      source.pages.set('newest a', [{ documents }]);
      source.pages.set('history a', []);
      return { documents, reads, again: (more = perAttempt) => (left = more) };
    };

    it.each([1, 3, 150])('keeps what was read, %i at a time', async (perAttempt) => {
      const { documents, reads, again } = limited(perAttempt > 10 ? 400 : 6, perAttempt);
      let run = await bench.sync();
      for (let attempt = 1; run.status === 'waiting'; attempt += 1) {
        expect(await visible()).toHaveLength(attempt * perAttempt);
        again();
        run = await bench.goOn(run);
      }
      expect(run).toMatchObject({ status: 'success', counts: { created: documents.length } });
      expect([...reads.values()].every((n) => n === 1)).toBe(true);
      expect(await visible()).toHaveLength(documents.length);
    });

    it('is progress, however often the source is unwell in between', async () => {
      const down = () => new TransientSourceError('http_503', 'unwell');
      const count = 2 * MAX_UPSTREAM_ATTEMPTS;
      const { again } = limited(count, 1, down);
      let run = await bench.sync();
      for (; run.status === 'waiting'; run = await bench.goOn(run)) again();
      expect(run).toMatchObject({ status: 'success', counts: { created: count } });
    });

    it('is none when nothing of it could be read', async () => {
      limited(1, 0, () => new TransientSourceError('http_503', 'unwell'));
      let run = await bench.sync();
      while (run.status === 'waiting') run = await bench.goOn(run);
      expect(run).toMatchObject({ status: 'error', attempt: MAX_UPSTREAM_ATTEMPTS });
    });

    it('does not try again what failed before it was cut short', async () => {
      const { documents, again } = limited(3, 1);
      let tries = 0;
      const broken = scripted('broken', 'broken', {
        partition: 'a',
        body: lazily(() => {
          tries += 1;
          throw new ItemError('unreadable', 'It is broken.');
        }),
      });
      source.pages.set('newest a', [{ documents: [broken, ...documents] }]);
      let run = await bench.sync();
      for (; run.status === 'waiting'; run = await bench.goOn(run)) again();
      expect(run).toMatchObject({ status: 'partial', counts: { created: 3, failed: 1 } });
      expect(tries).toBe(1);
    });

    it('keeps what was read again for the whole of it, too', async () => {
      const { documents, reads, again } = limited(4, 4);
      await bench.sync();
      reads.clear();
      const { length } = documents;
      let run = await bench.settled(await bench.ask({ full: true }));
      for (let rest = length; run.status === 'waiting' && rest > 0; rest -= 1) {
        again(1);
        run = await bench.goOn(run);
      }
      expect(run).toMatchObject({ status: 'success' });
      expect([...reads.values()]).toEqual([1, 1, 1, 1]);
    });
  });

  it('may be reviewed for as many attempts as it takes, as long as each gives some verdicts', async () => {
    source.partitions = [{ key: 'a', title: 'a' }];
    const documents = Array.from({ length: 2 * MAX_UPSTREAM_ATTEMPTS }, (_, n) =>
      scripted(`n${n}`, `n${n}`, {
        partition: 'a',
        times: { createdAt: new Date(n), updatedAt: null },
      }),
    );
    for (const one of documents) source.present.set(one.externalId, one);
    source.pages.set('newest a', [{ documents }]);
    source.pages.set('history a', []);
    await bench.sync();
    source.pages.set('newest a', [{ range: { from: null, to: null } }]);
    let batches = 0;
    source.beforeVerify = () => {
      batches += 1;
      if (batches % 2 === 0) throw new TransientSourceError('http_503', 'unwell');
    };
    let run = await bench.sync();
    while (run.status === 'waiting') run = await bench.goOn(run);
    expect(run).toMatchObject({ status: 'success', counts: { deleted: 0 } });
    expect(run.attempt).toBeGreaterThan(MAX_UPSTREAM_ATTEMPTS);
    expect(source.verified).toHaveLength(documents.length);
  });
});
