import { AuthError, ConfigError, RateLimitedError, TransientSourceError } from '../errors.js';
import { type Cases, fill } from './harness.contract.js';
import { expectIndexToEqualSource, ReferenceEngine } from './reference-engine.contract.js';

/** Fault matrix c (5xx), d (429), i (account lost in mid-run), p (poison document). */
export function faultCases({ bench, pageSize, listingLane, when }: Cases): void {
  describe('faults', () => {
    when('failListing')('of a page are thrown as transient and pass', async () => {
      const { editor } = bench();
      const container = await editor.createContainer('work');
      await fill(editor, container, 2 * pageSize + 1);
      await editor.failListing!(container, 2, 3);
      const engine = new ReferenceEngine(bench());
      for (let attempt = 0; attempt < 3; attempt++) {
        await expect(engine.sync()).rejects.toBeInstanceOf(TransientSourceError);
      }
      await engine.sync();
      await expectIndexToEqualSource(bench(), engine);
    });

    when('failListing')('that do not pass delete nothing', async () => {
      const { editor } = bench();
      const container = await editor.createContainer('work');
      const ids = await fill(editor, container, pageSize + 1);
      const engine = new ReferenceEngine(bench());
      await engine.sync();
      await editor.remove(ids[0]!);
      await editor.failListing!(container, 1, Number.POSITIVE_INFINITY);
      await expect(engine.sync()).rejects.toBeInstanceOf(TransientSourceError);
      expect(engine.index.size).toBe(pageSize + 1);
    });

    when('limitListing').each([1, 60, 900])('tell to wait %i seconds', async (seconds) => {
      const { editor } = bench();
      const container = await editor.createContainer('work');
      await fill(editor, container, pageSize + 1);
      await editor.limitListing!(container, 2, seconds);
      const engine = new ReferenceEngine(bench());
      const before = Date.now();
      const error: unknown = await engine.sync().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(RateLimitedError);
      const until = (error as RateLimitedError).until.getTime();
      expect(until - before).toBeGreaterThanOrEqual(seconds * 1000);
      await editor.repair();
      await engine.sync();
      await expectIndexToEqualSource(bench(), engine);
    });

    when('loseAccount')('of the account in mid-run end the run and keep the data', async () => {
      const { editor } = bench();
      const container = await editor.createContainer('work');
      await fill(editor, container, 2 * pageSize + 1);
      const engine = new ReferenceEngine(bench());
      await engine.sync();
      const run = engine.sync({
        partition: container,
        lane: listingLane,
        afterPage: async (page) => {
          if (page === 1) await editor.loseAccount!();
        },
      });
      const error: unknown = await run.catch((thrown: unknown) => thrown);
      expect(error instanceof AuthError || error instanceof ConfigError).toBe(true);
      expect(engine.index.size).toBe(2 * pageSize + 1);
      await editor.repair();
      await engine.sync();
      await expectIndexToEqualSource(bench(), engine);
    });

    when('loseAccount')('of the account are named by the probe, which does not throw', async () => {
      const { editor, connector, context } = bench();
      await editor.loseAccount!();
      const results = await connector.probe(context());
      expect(results.some((result) => result.outcome === 'failed')).toBe(true);
    });

    when('poison')('of one document concern that document only', async () => {
      const { editor } = bench();
      const ids = await fill(editor, await editor.createContainer('work'), pageSize + 1);
      const bad = ids[7 % ids.length]!;
      await editor.poison!(bad);
      const engine = new ReferenceEngine(bench());
      const report = await engine.sync();
      // Every lane that meets it may say so.
      expect(new Set(report.failures.map((failure) => failure.externalId)).size).toBe(1);
      expect(report.failures[0]).toMatchObject({ externalId: bad, stage: 'fetch' });
      expect(report.failures[0]!.title).not.toBe('');
      expect(engine.index.size).toBe(pageSize);
      await editor.repair();
      await engine.sync();
      await expectIndexToEqualSource(bench(), engine);
    });

    when('deny')('of access to one document keep what is known of it', async () => {
      const { editor } = bench();
      const ids = await fill(editor, await editor.createContainer('work'), 3);
      const engine = new ReferenceEngine(bench());
      await engine.sync();
      await editor.edit(ids[0]!, 'A secret now.');
      await editor.deny!(ids[0]!);
      const report = await engine.sync();
      const told = report.failures.some((failure) => failure.externalId === ids[0]);
      expect(told || report.kept[ids[0]!] === 'lost_access').toBe(true);
      expect(report.deleted).toEqual([]);
      expect(engine.index.get(ids[0]!)!.text).not.toContain('secret');
      await editor.repair();
      await engine.sync();
      await expectIndexToEqualSource(bench(), engine);
    });
  });
}
