import { type Cases, fill } from './harness.contract.js';
import {
  expectIndexToEqualSource,
  Killed,
  ReferenceEngine,
  Yielded,
} from './reference-engine.contract.js';

/** Syncs one page after the other, each in a slice of its own; fails when that does not end. */
async function inPages(engine: ReferenceEngine, pages: number): Promise<void> {
  for (let slice = 0; slice <= pages; slice++) {
    try {
      await engine.sync({ onePage: true });
      return;
    } catch (error) {
      if (!(error instanceof Yielded)) throw error;
    }
  }
  throw new Error(`not at its end after ${pages} pages, one at a time`);
}

/** Fault matrix f (stale cursor), g (kill -9 before and after the commit of a page). */
export function resumeCases({ bench, pageSize, listingLane, when }: Cases): void {
  describe('a listing that is resumed', () => {
    it.each([
      ['before', true],
      ['after', false],
    ])('continues when killed %s the commit of any page', async (_, killBeforeCommit) => {
      const { editor } = bench();
      await fill(editor, await editor.createContainer('first'), 2 * pageSize + 1);
      await fill(editor, await editor.createContainer('second'), 2);
      const whole = await new ReferenceEngine(bench()).sync();
      for (let page = 1; page <= whole.pages; page++) {
        const engine = new ReferenceEngine(bench());
        const killed = engine.sync({ killAtPage: page, killBeforeCommit });
        await expect(killed).rejects.toBeInstanceOf(Killed);
        const rest = await engine.sync();
        await expectIndexToEqualSource(bench(), engine);
        expect(rest.complete.sort()).toEqual([...whole.complete].sort());
        // At most the killed page is listed again.
        expect(rest.pages).toBeLessThanOrEqual(whole.pages - page + 1);
      }
    });

    it('comes to its end although it stops after every page', async () => {
      const { editor } = bench();
      const containers = [];
      for (const [title, count] of [
        ['first', 2 * pageSize + 1],
        ['second', 2],
        ['third', pageSize],
      ] as const) {
        containers.push(await editor.createContainer(title));
        await fill(editor, containers.at(-1)!, count);
      }
      const whole = await new ReferenceEngine(bench()).sync();
      const engine = new ReferenceEngine(bench());
      await inPages(engine, whole.pages);
      await expectIndexToEqualSource(bench(), engine);
      // Again, where everything is known and only what is new is looked for.
      const added = await editor.put(containers[1]!, 'zzz', 'Added later.');
      await inPages(engine, whole.pages);
      expect(engine.index.get(added)?.text).toContain('Added later.');
    });

    it('continues when the documents around the checkpoint are gone', async () => {
      const { editor } = bench();
      const container = await editor.createContainer('work');
      const ids = await fill(editor, container, 2 * pageSize + 1);
      const engine = new ReferenceEngine(bench());
      await expect(
        engine.sync({ partition: container, lane: listingLane, killAtPage: 1 }),
      ).rejects.toBeInstanceOf(Killed);
      for (const id of ids.slice(pageSize - 2, pageSize + 2)) await editor.remove(id);
      await engine.sync();
      await engine.sync();
      await expectIndexToEqualSource(bench(), engine);
    });

    it('finds what was added while it stood still, at the latest in the next run', async () => {
      const { editor } = bench();
      const container = await editor.createContainer('work');
      await fill(editor, container, pageSize + 1);
      const engine = new ReferenceEngine(bench());
      await expect(
        engine.sync({ partition: container, lane: listingLane, killAtPage: 1 }),
      ).rejects.toBeInstanceOf(Killed);
      await editor.put(container, 'aaa', 'Added before the checkpoint.');
      await editor.put(container, 'zzz', 'Added after the checkpoint.');
      const resumed = await engine.sync();
      expect(resumed.deleted).toEqual([]);
      await engine.sync();
      await expectIndexToEqualSource(bench(), engine);
    });

    when('truncateListing')('remembers a gap that it met before the checkpoint', async () => {
      const { editor } = bench();
      const container = await editor.createContainer('work');
      await fill(editor, container, pageSize + 1);
      await editor.truncateListing!(container);
      const engine = new ReferenceEngine(bench());
      await expect(
        engine.sync({ partition: container, lane: listingLane, killAtPage: 1 }),
      ).rejects.toBeInstanceOf(Killed);
      await editor.repair();
      const resumed = await engine.sync();
      expect(resumed.complete).not.toContain(container);
      expect(resumed.gaps[container]).toBeTruthy();
    });
  });
}
