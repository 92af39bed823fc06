import { ItemError } from '../errors.js';
import { type Cases, fill, textOf } from './harness.contract.js';

/** Single documents: verdicts before a deletion, and reading one again. */
export function refCases({ bench, listingLane, when }: Cases): void {
  const refOf = (externalId: string, partition: string) => ({
    externalId,
    partition,
    version: null,
  });

  describe('single documents', () => {
    it('get one verdict each', async () => {
      const { editor, connector, context } = bench();
      const container = await editor.createContainer('work');
      const ids = await fill(editor, container, 4);
      await editor.remove(ids[1]!);
      const verdicts = await connector.verify(
        context(),
        ids.map((id) => refOf(id, container)),
      );
      expect(Object.fromEntries(verdicts.map((it) => [it.externalId, it.state]))).toEqual({
        [ids[0]!]: 'alive',
        [ids[1]!]: 'gone',
        [ids[2]!]: 'alive',
        [ids[3]!]: 'alive',
      });
      expect(verdicts).toHaveLength(4);
      expect(await connector.verify(context(), [])).toEqual([]);
    });

    it('read again are what the listing shows', async () => {
      const { editor, connector, context } = bench();
      const key = await editor.createContainer('work');
      const [id] = await fill(editor, key, 2);
      const listed = [];
      for await (const page of connector.pull(context(), { key, title: key }, listingLane, null)) {
        listed.push(...page.documents.filter((document) => document.externalId === id));
      }
      const fetched = await connector.fetch(context(), refOf(id!, key));
      if ('gone' in fetched) throw new Error('The document is there.');
      const { body: listedBody, ...listedRest } = listed[0]!;
      const { body, ...rest } = fetched;
      expect(rest).toEqual(listedRest);
      const read = async (it: typeof body) => textOf(typeof it === 'function' ? await it() : it);
      expect(await read(body)).toBe(await read(listedBody));
    });

    it('that were removed are gone', async () => {
      const { editor, connector, context } = bench();
      const container = await editor.createContainer('work');
      const [id] = await fill(editor, container, 2);
      await editor.remove(id!);
      expect(await connector.fetch(context(), refOf(id!, container))).toEqual({
        gone: true,
        state: 'gone',
      });
    });

    when('deny')('that may not be read are not gone', async () => {
      const { editor, connector, context } = bench();
      const container = await editor.createContainer('work');
      const [id] = await fill(editor, container, 2);
      await editor.deny!(id!);
      const [verdict] = await connector.verify(context(), [refOf(id!, container)]);
      expect(verdict!.state).toBe('lost_access');
      const outcome = await connector
        .fetch(context(), refOf(id!, container))
        .catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(ItemError);
      else expect(outcome).toEqual({ gone: true, state: 'lost_access' });
    });

    when('poison')('that cannot be read fail as one item', async () => {
      const { editor, connector, context } = bench();
      const container = await editor.createContainer('work');
      const [id] = await fill(editor, container, 2);
      await editor.poison!(id!);
      const fetching = connector.fetch(context(), refOf(id!, container));
      await expect(fetching).rejects.toBeInstanceOf(ItemError);
    });
  });
}
