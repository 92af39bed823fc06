import { type Cases, fill } from './harness.contract.js';
import { expectIndexToEqualSource, ReferenceEngine } from './reference-engine.contract.js';

/** Fault matrix l (old items change), m (saved without change), n (rename and move). */
export function changeCases({ bench, pageSize, when }: Cases): void {
  describe('changes', () => {
    it('are none in a source that did not change: nothing is read', async () => {
      const { editor } = bench();
      await fill(editor, await editor.createContainer('work'), pageSize + 1);
      const engine = new ReferenceEngine(bench());
      await engine.sync();
      const reads = editor.contentReads();
      const report = await engine.sync();
      expect(report.read).toEqual([]);
      expect(editor.contentReads()).toBe(reads);
      await expectIndexToEqualSource(bench(), engine);
    });

    it('to the oldest and the newest document are found, and only they are read', async () => {
      const { editor } = bench();
      const ids = await fill(editor, await editor.createContainer('work'), pageSize + 1);
      const engine = new ReferenceEngine(bench());
      await engine.sync();
      const edited = [ids[0]!, ids.at(-1)!];
      for (const id of edited) await editor.edit(id, `Edited later: ${id}.`);
      const report = await engine.sync();
      expect(report.read.sort()).toEqual(edited.sort());
      await expectIndexToEqualSource(bench(), engine);
    });

    it('of equal length are found', async () => {
      const { editor } = bench();
      const id = await editor.put(await editor.createContainer('work'), 'note', 'Yes or no: yes');
      const engine = new ReferenceEngine(bench());
      await engine.sync();
      await editor.edit(id, 'Yes or no: not');
      await engine.sync();
      await expectIndexToEqualSource(bench(), engine);
    });

    when('touch')('that change nothing give the same text', async () => {
      const { editor } = bench();
      const [id] = await fill(editor, await editor.createContainer('work'), 2);
      const engine = new ReferenceEngine(bench());
      await engine.sync();
      const before = engine.index.get(id!)!.text;
      await editor.touch!(id!);
      await engine.sync();
      expect(engine.index.get(id!)!.text).toBe(before);
      await expectIndexToEqualSource(bench(), engine);
    });

    when('rename')('of a name keep the document', async () => {
      const { editor, connector } = bench();
      const [old] = await fill(editor, await editor.createContainer('work'), 2);
      const engine = new ReferenceEngine(bench());
      await engine.sync();
      const renamed = await editor.rename!(old!, 'another-name');
      const report = await engine.sync();
      if (connector.followsRenamesByContent) expect(report.adopted).toEqual({ [old!]: renamed });
      else expect(renamed).toBe(old);
      await expectIndexToEqualSource(bench(), engine);
    });

    when('move')('of the container keep the document', async () => {
      const { editor, connector } = bench();
      const [from, to] = [await editor.createContainer('from'), await editor.createContainer('to')];
      const [old] = await fill(editor, from, 2);
      const engine = new ReferenceEngine(bench());
      await engine.sync();
      const moved = await editor.move!(old!, to);
      const report = await engine.sync();
      if (connector.followsRenamesByContent) expect(report.adopted).toEqual({ [old!]: moved });
      else expect(moved).toBe(old);
      await expectIndexToEqualSource(bench(), engine);
    });
  });
}
