import { type Cases, fill } from './harness.contract.js';
import { expectIndexToEqualSource, ReferenceEngine } from './reference-engine.contract.js';

/** Fault matrix e (incomplete listing), j (access taken away), k (container deleted). */
export function deletionCases({ bench, pageSize, listingLane, when }: Cases): void {
  describe('deletions', () => {
    it('are found, first, last and all', async () => {
      const { editor } = bench();
      const ids = await fill(editor, await editor.createContainer('work'), pageSize + 1);
      const engine = new ReferenceEngine(bench());
      await engine.sync();
      for (const id of [ids[0]!, ids.at(-1)!]) await editor.remove(id);
      await engine.sync();
      await expectIndexToEqualSource(bench(), engine);
      for (const id of ids.slice(1, -1)) await editor.remove(id);
      await engine.sync();
      expect(engine.index.size).toBe(0);
    });

    it('can be taken back', async () => {
      const { editor } = bench();
      const container = await editor.createContainer('work');
      const [id] = await fill(editor, container, 2);
      const engine = new ReferenceEngine(bench());
      await engine.sync();
      await editor.remove(id!);
      await engine.sync();
      await fill(editor, container, 1);
      await engine.sync();
      await expectIndexToEqualSource(bench(), engine);
    });

    when('removeContainer')('of a whole container are found', async () => {
      const { editor } = bench();
      const [kept, lost] = [
        await editor.createContainer('one'),
        await editor.createContainer('two'),
      ];
      await fill(editor, kept, 2);
      const ids = await fill(editor, lost, 3);
      const engine = new ReferenceEngine(bench());
      await engine.sync();
      await editor.removeContainer!(lost);
      const { deleted, kept: states } = await engine.sync();
      // Some sources do not say whether a container was deleted or access to it taken away.
      const hidden = Object.keys(states).filter((id) => states[id] === 'lost_access');
      expect([...deleted, ...hidden].sort()).toEqual(ids.sort());
      await expectIndexToEqualSource(bench(), engine);
    });

    when('removeContainer')('of a container in mid-listing hit nothing else', async () => {
      const { editor } = bench();
      const [lost, kept] = [
        await editor.createContainer('one'),
        await editor.createContainer('two'),
      ];
      const ids = await fill(editor, lost, pageSize + 1);
      await fill(editor, kept, 2);
      const engine = new ReferenceEngine(bench());
      await engine.sync();
      const report = await engine.sync({
        partition: lost,
        lane: listingLane,
        afterPage: async (page) => {
          if (page === 1) await editor.removeContainer!(lost);
        },
      });
      expect(report.deleted.filter((id) => !ids.includes(id))).toEqual([]);
      await engine.sync();
      await expectIndexToEqualSource(bench(), engine);
    });

    when('truncateListing')('wait for a complete listing', async () => {
      const { editor } = bench();
      const container = await editor.createContainer('work');
      const [id] = await fill(editor, container, 3);
      const engine = new ReferenceEngine(bench());
      await engine.sync();
      await editor.remove(id!);
      await editor.truncateListing!(container);
      const report = await engine.sync();
      expect(report.complete).not.toContain(container);
      expect(report.gaps[container]).toBeTruthy();
      expect(report.deleted).toEqual([]);
      await editor.repair();
      await engine.sync();
      await expectIndexToEqualSource(bench(), engine);
    });

    when('denyContainer')('are not made of access taken away from a container', async () => {
      const { editor, connector, context } = bench();
      const container = await editor.createContainer('work');
      const ids = await fill(editor, container, 3);
      const engine = new ReferenceEngine(bench());
      await engine.sync();
      await editor.denyContainer!(container);
      const report = await engine.sync();
      expect(report.deleted).toEqual([]);
      const refs = ids.map((externalId) => ({ externalId, partition: container, version: null }));
      const verdicts = await connector.verify(context(), refs);
      expect(new Set(verdicts.map((verdict) => verdict.state))).toEqual(new Set(['lost_access']));
      await editor.repair();
      await engine.sync();
      await expectIndexToEqualSource(bench(), engine);
    });

    when('loseAccount')('are not made of an account that is out of reach', async () => {
      const { editor, connector, context } = bench();
      const container = await editor.createContainer('work');
      const ids = await fill(editor, container, 2);
      const engine = new ReferenceEngine(bench());
      await engine.sync();
      await editor.loseAccount!();
      const refs = ids.map((externalId) => ({ externalId, partition: container, version: null }));
      await expect(connector.verify(context(), refs)).rejects.toThrow();
      await expect(engine.sync()).rejects.toThrow();
      expect(engine.index.size).toBe(2);
      await editor.repair();
      await engine.sync();
      await expectIndexToEqualSource(bench(), engine);
    });
  });
}
