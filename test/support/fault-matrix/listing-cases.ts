import { RateLimitedError } from '../../../connectors/sdk/errors.js';
import { MAX_UPSTREAM_ATTEMPTS } from '../../../src/sync/engine/error-policy.js';
import type { MatrixCases } from './matrix-cases.js';
import { textOf } from './synced-source.js';

const DAY_MS = 86_400_000;

/** Cases a to f, l and p: what goes wrong while a source is listed and read. */
export function listingCases(cases: MatrixCases): void {
  const { bench, source, pageSize, isAt, when } = cases;
  /** Reads are counted where each document is met once; elsewhere each lane may read it. */
  const expectReads = (reads: number, expected: number): void => {
    if (cases.isExact) expect(reads).toBe(expected);
    else expect(reads).toBeLessThanOrEqual(expected * bench().lanes.length);
  };

  describe('listing', () => {
    afterEach(() => bench().clock.reset());

    it.each([0, 1])('reads full pages and %i more, once', async (more) => {
      const count = 2 * pageSize + more;
      await source().fill({ one: count, two: pageSize + more });
      const reads = await source().reads(async () => {
        const run = await source().sync();
        expect(run).toMatchObject({ status: 'success', error: null });
        const total = count + pageSize + more;
        expect(run.counts).toMatchObject({ created: total });
        if (cases.isExact) expect(run.counts).toMatchObject({ fetched: total, listed: total });
      });
      expectReads(reads, count + pageSize + more);
      await source().expectIndexToEqualSource();
    });

    it('reads and embeds nothing of a source that has not changed', async () => {
      await source().fill({ one: pageSize + 1 });
      await source().sync();
      const reads = await source().reads(async () => {
        const run = await source().sync();
        expect(run.counts).toMatchObject({
          ...{ created: 0, updated: 0, moved: 0, deleted: 0, embedded: 0 },
          ...(cases.isExact && { listed: pageSize + 1, unchanged: pageSize + 1 }),
        });
      });
      expect(reads).toBe(0);
      await source().expectIndexToEqualSource();
    });

    it.each(['first', 'later'])('bears edits between the pages of a %s sync', async (which) => {
      const { one } = await source().fill({ one: 3 * pageSize });
      const { ids } = one;
      if (which === 'later') await source().sync();
      const { editor } = source();
      bench().hooks = {
        async beforePage(place) {
          if (!isAt(place, 2, one.key)) return;
          await editor.edit(ids[0]!, textOf('an edit behind the listing'));
          await editor.edit(ids[2 * pageSize]!, textOf('an edit ahead of the listing'));
          await editor.remove(ids[1]!);
          await editor.remove(ids[2 * pageSize + 1]!);
          await editor.put(one.key, 'note-0000-new', textOf('news behind the listing'));
          await editor.put(one.key, 'note-9999-new', textOf('news ahead of the listing'));
        },
      };
      await source().sync();
      bench().hooks = {};
      const run = await source().sync();
      expect(run.status).toBe('success');
      await source().expectIndexToEqualSource();
    });

    when('failListing').each([1, 3])('goes on after %i failures of page 2', async (times) => {
      const { one } = await source().fill({ one: 3 * pageSize, two: 2 });
      const { ids } = one;
      await source().editor.failListing!(one.key, 2, times);
      const reads = await source().reads(async () => {
        let run = await source().sync();
        let parked = 0;
        for (; run.status === 'waiting'; parked += 1) {
          expect(run).toMatchObject({ waiting: { reason: 'upstream' } });
          run = await source().goOn(run);
        }
        // Over a network calls are retried one by one, so a short failure need not park the run.
        if (cases.isExact) expect(parked).toBe(times);
        else expect(parked).toBeLessThanOrEqual(times);
        expect(run).toMatchObject({ status: 'success', error: null, attempt: parked + 1 });
        expect(run.attempts.map(({ outcome }) => outcome)).toEqual([
          ...Array<string>(parked).fill('parked'),
          'success',
        ]);
      });
      // Page 1 is committed before page 2 fails, so nothing is read twice.
      expectReads(reads, ids.length + 2);
      await source().expectIndexToEqualSource();
    });

    when('failListing')('ends with a gap when a page never comes, and keeps the data', async () => {
      const { clock } = bench();
      const { one } = await source().fill({ one: 2 * pageSize, two: 3 });
      await source().sync();
      await source().editor.remove(one.ids[0]!);
      await source().editor.failListing!(one.key, 2, Number.POSITIVE_INFINITY);
      // By now everything is due that is not looked at in every run.
      clock.advance(2 * DAY_MS);
      let run = await source().sync();
      for (let attempt = 1; run.status === 'waiting'; attempt += 1) {
        expect(run).toMatchObject({ attempt, waiting: { reason: 'upstream' } });
        expect(attempt).toBeLessThan(MAX_UPSTREAM_ATTEMPTS);
        const { ended_at: since } = run.attempts.at(-1)!;
        clock.advance(Date.parse(run.waiting!.until) - Date.parse(since!));
        run = await source().goOn(run);
      }
      if (cases.isExact) expect(run.attempt).toBe(MAX_UPSTREAM_ATTEMPTS);
      expect(run).toMatchObject({ status: 'partial', counts: { deleted: 0 } });
      const gap = run.partitions.find(
        ({ key, state }) => key === one.key && state === 'incomplete',
      );
      expect(gap).toMatchObject({ gap_reason: expect.any(String) });
      expect((await source().visible()).size).toBe(2 * pageSize + 3);
      await source().editor.repair();
      expect((await source().sync()).status).toBe('success');
      await source().expectIndexToEqualSource();
    });

    when('failListing')('of one container does not keep the others waiting', async () => {
      const { one } = await source().fill({ one: pageSize + 1, two: 2, three: 3 });
      await source().editor.failListing!(one.key, 2, Number.POSITIVE_INFINITY);
      const run = await source().sync();
      expect(run.status).toBe('waiting');
      const visible = (await source().visible()).size;
      if (cases.isExact) expect(visible).toBe(pageSize + 5);
      else expect(visible).toBeGreaterThanOrEqual(5);
      await source().editor.repair();
      expect((await source().goOn(run)).status).toBe('success');
      await source().expectIndexToEqualSource();
    });

    it.each([1, 60, 900])('parks for the %i s that the source asks for', async (seconds) => {
      const { clock } = bench();
      const { one } = await source().fill({ one: 2 * pageSize + 1 });
      const total = one.ids.length;
      let refused = 0;
      bench().hooks = {
        beforePage(place) {
          if (!isAt(place, 2, one.key) || refused > 0) return;
          refused += 1;
          const until = new Date(clock.now().getTime() + seconds * 1000);
          throw new RateLimitedError('too many requests', until, 'list');
        },
      };
      const reads = await source().reads(async () => {
        const parked = await source().sync();
        expect(parked).toMatchObject({
          status: 'waiting',
          waiting: { reason: 'rate_limited:list' },
          error_detail: { code: 'rate_limited', retryable: true },
          finished_at: null,
        });
        const wait = Date.parse(parked.waiting!.until) - Date.parse(parked.created_at);
        expect(wait).toBeGreaterThanOrEqual(seconds * 1000);
        const visible = (await source().visible()).size;
        expect(visible).toBeGreaterThanOrEqual(pageSize);
        expect(visible).toBeLessThan(total);
        const run = await source().goOn(parked);
        expect(run).toMatchObject({ status: 'success', waiting: null, error: null });
      });
      expectReads(reads, total);
      await source().expectIndexToEqualSource();
    });

    it('keeps what it has read of a page when the source asks to wait', async () => {
      const { ids } = (await source().fill({ one: pageSize })).one;
      const share = Math.ceil(ids.length / 3);
      let left = share;
      bench().hooks = {
        afterRead() {
          if (left-- > 0) return;
          const until = new Date(bench().clock.now().getTime() + 60_000);
          throw new RateLimitedError('too many requests', until, 'read');
        },
      };
      let run = await source().sync();
      for (let attempt = 1; run.status === 'waiting'; attempt += 1) {
        expect((await source().visible()).size).toBe(Math.min(attempt * share, ids.length));
        left = share;
        run = await source().goOn(run);
      }
      expect(run).toMatchObject({ status: 'success', counts: { created: ids.length } });
      expect(run.attempt).toBeLessThanOrEqual(3);
      await source().expectIndexToEqualSource();
    });

    when('truncateListing')('deletes nothing after a truncated listing', async () => {
      const { one } = await source().fill({ one: pageSize + 1, two: 2 });
      const { ids } = one;
      await source().sync();
      await source().editor.remove(ids[0]!);
      await source().editor.truncateListing!(one.key);
      const run = await source().sync();
      expect(run.status).toBe('partial');
      expect(run.held_deletions).toBeNull();
      expect(run.counts).toMatchObject({ deleted: 0, lost_access: 0 });
      const gap = run.partitions.find(
        ({ key, state }) => key === one.key && state === 'incomplete',
      );
      expect(gap).toMatchObject({ gap_reason: expect.any(String) });
      expect(await source().visible()).toContain(ids[0]);
      await source().editor.repair();
      const after = await source().sync();
      expect(after).toMatchObject({ status: 'success', counts: { deleted: 1 } });
      await source().expectIndexToEqualSource();
    });

    it.each([
      ['of an older version', `schema_version = 0`],
      ['that means nothing', `value = '{"cursor":"expired"}'`],
    ])('starts the listing again from a checkpoint %s', async (_, change) => {
      await source().fill({ one: 3 * pageSize });
      bench().hooks = {
        beforePage(place) {
          const inAnHour = new Date(Date.now() + 3_600_000);
          if (isAt(place, 3)) throw new RateLimitedError('wait', inAnHour, 'list');
        },
      };
      const parked = await source().sync();
      expect(parked.status).toBe('waiting');
      const { connection } = source();
      await bench().database.asSystem((tx) =>
        tx.query(`update checkpoints set ${change} where connection_id = $1`, [connection]),
      );
      bench().hooks = {};
      const run = await source().goOn(parked);
      expect(run.status).toBe('success');
      await source().expectIndexToEqualSource();
    });

    it('finds an edit and a deletion far behind the newest documents', async () => {
      const { one } = await source().fill({ one: 3 * pageSize });
      const { ids } = one;
      await source().sync();
      await source().editor.edit(ids[pageSize]!, textOf('an old document, edited'));
      await source().editor.remove(ids[pageSize + 1]!);
      const run = await source().sync();
      expect(run.counts).toMatchObject({ updated: 1, deleted: 1, created: 0 });
      if (cases.isExact) expect(run.counts.fetched).toBe(1);
      await source().expectIndexToEqualSource();
    });

    when('poison')('leaves out one broken document among many, by name', async () => {
      const { one } = await source().fill({ one: 4 * pageSize });
      const { ids } = one;
      const bad = ids[pageSize + 1]!;
      await source().editor.poison!(bad);
      const run = await source().sync();
      expect(run).toMatchObject({
        status: 'partial',
        counts: { created: ids.length - 1, failed: 1 },
      });
      expect(await source().get('/failures')).toMatchObject([
        { external_id: bad, stage: 'fetch', attempts: 1, resolved_at: null },
      ]);
      // Its backoff is not over: it is not tried again, and the run does not pretend success.
      const reads = await source().reads(async () => {
        expect(await source().sync()).toMatchObject({ status: 'partial', counts: { failed: 1 } });
      });
      expect(reads).toBe(0);
      await source().editor.repair();
      const [failure] = await source().get('/failures');
      const path = `/v1/memory/failures/${failure.id}/retry`;
      const retried = await bench().app.request('POST', path);
      expect(retried).toMatchObject({ status: 202, body: { coalesced: false } });
      expect((await source().settled(retried.body.run_id as string)).status).toBe('success');
      expect(await source().get('/failures')).toEqual([]);
      await source().expectIndexToEqualSource();
    });

    when('deny')('keeps what it knows of a document that may not be read any more', async () => {
      const { one } = await source().fill({ one: pageSize + 1 });
      const { ids } = one;
      await source().sync();
      await source().editor.edit(ids[0]!, textOf('a secret'));
      await source().editor.deny!(ids[0]!);
      const run = await source().sync();
      expect(run).toMatchObject({ status: 'partial', counts: { failed: 1, deleted: 0 } });
      expect(await source().visible()).toContain(ids[0]);
      await source().editor.repair();
      expect((await source().sync({ full: true })).status).toBe('success');
      await source().expectIndexToEqualSource();
    });
  });
}
