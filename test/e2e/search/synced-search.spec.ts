import { describeOnEachStore } from '../../support/store-fixtures.js';
import type { SearchHit } from '../../../src/search/search.schema.js';
import type { ContextAnswer } from '../../../src/search/context/context.schema.js';
import { syncedFolder, type SyncedFolder } from '../../support/synced-folder.js';

/** A section that is a chunk of its own, with a word of its own. */
const section = (name: string): string =>
  `## ${name}\n\n${`Everything about ${name} is written down in this part. `.repeat(14)}\n\n`;

describeOnEachStore('searching synced documents', (open) => {
  let folder: SyncedFolder;
  beforeAll(async () => {
    const { database, env } = await open();
    folder = await syncedFolder(database, env);
    const names = ['alder', 'birch', 'cedar', 'dogwood', 'elm'];
    folder.write('trees/guide.md', `# Tree guide\n\n${names.map(section).join('')}`);
    folder.write('fish/herring.md', '# Herring\n\nHerring swim in schools near the alder coast.');
    await folder.sync();
    const body = { text: 'Somebody planted an alder', source: 'sdk' };
    await folder.app.request('POST', '/v1/memory/collections/notes/memories', { body });
  });
  afterAll(() => folder.close());

  const search = async (body: Record<string, unknown>): Promise<SearchHit[]> => {
    const answer = await folder.app.request('POST', '/v1/memory/search', { body });
    if (answer.status !== 200) throw new Error(answer.text);
    return answer.body as SearchHit[];
  };
  const context = async (body: Record<string, unknown>): Promise<ContextAnswer> => {
    const answer = await folder.app.request('POST', '/v1/memory/context', { body });
    if (answer.status !== 200) throw new Error(answer.text);
    return answer.body as ContextAnswer;
  };

  it('names title, url and times of the document', async () => {
    const [hit] = await search({ query: 'herring' });
    expect(hit).toMatchObject({ title: 'Herring', source: 'files', collection: 'notes' });
    expect(hit!.url).toBe(hit!.metadata['url']);
    expect(hit!.source_updated_at).toBe(hit!.metadata['source_updated_at']);
    expect(Date.parse(hit!.synced_at!)).not.toBeNaN();
  });

  it('filters by source, connection, container and time', async () => {
    const titles = async (filter: Record<string, unknown>) => {
      const hits = await search({ query: 'alder', mode: 'text', limit: 50, ...filter });
      return [...new Set(hits.map((hit) => hit.title))].toSorted();
    };
    expect(await titles({})).toEqual(['Herring', 'Tree guide', null]);
    expect(await titles({ provider: 'files' })).toEqual(['Herring', 'Tree guide']);
    expect(await titles({ source: 'sdk' })).toEqual([null]);
    expect(await titles({ connection_id: folder.connection })).toEqual(['Herring', 'Tree guide']);
    const [herring] = await search({ query: 'herring' });
    const container = herring!.metadata['container'] as string;
    expect(container).toBeTruthy();
    expect(await titles({ container })).toEqual(['Herring']);
    expect(await titles({ metadata_filter: { title: 'Herring' } })).toEqual(['Herring']);
    expect(await titles({ until: '2020-12-31' })).toEqual([]);
  });

  it('answers the chunks around a hit on request, in the order of the document', async () => {
    const query = { query: 'cedar', mode: 'text', provider: 'files', limit: 1 };
    const [hit] = await search({ ...query, neighbours: 1 });
    expect(hit!.text).toContain('cedar');
    const { before, after } = hit!.neighbours!;
    expect([before.length, after.length]).toEqual([1, 1]);
    expect(before[0]!.text).toContain('birch');
    expect(after[0]!.text).toContain('dogwood');
    const [wide] = await search({ ...query, neighbours: 3 });
    const around = [...wide!.neighbours!.before, hit!, ...wide!.neighbours!.after];
    const document = (await folder.index()).get('trees/guide.md')!;
    const places = around.map(({ text }) => document.indexOf(text));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places[0]).toBeGreaterThanOrEqual(0);
  });

  it('leaves hidden chunks out of the neighbours, and gives other memories none', async () => {
    const query = { query: 'elm', mode: 'text', provider: 'files', limit: 1, neighbours: 1 };
    const [hit] = await search(query);
    const next = hit!.neighbours!.before[0]!.id;
    const path = `/v1/memory/collections/notes/memories/${next}/archive`;
    await folder.app.request('POST', path, { body: { archived: true } });
    const [again] = await search(query);
    expect(again!.neighbours!.before.map(({ id }) => id)).not.toContain(next);
    expect(again!.neighbours!.before).toHaveLength(1);
    await folder.app.request('POST', path, { body: { archived: false } });
    const [written] = await search({ query: 'planted', source: 'sdk', neighbours: 2 });
    expect(written!.neighbours).toEqual({ before: [], after: [] });
  });

  it('composes a context that cites its sources, within the budget', async () => {
    const { context: text, citations, tokens } = await context({ query: 'herring in schools' });
    expect(citations[0]).toMatchObject({ number: 1, title: 'Herring', collection: 'notes' });
    expect(text).toContain('[1] ');
    expect(text).toContain('Herring swim in schools');
    expect(text).toMatch(/\n\nSources:\n\[1\] Herring, /);
    expect(tokens).toBeLessThanOrEqual(1000);
    const small = await context({ query: 'everything about trees', max_tokens: 120 });
    expect(small.tokens).toBeLessThanOrEqual(120);
    expect(small.citations.length).toBeGreaterThan(0);
  });

  it('composes from one collection, and refuses what is wrong', async () => {
    const inside = await context({ query: 'alder', collection: 'notes' });
    expect(inside.citations.length).toBeGreaterThan(1);
    const post = (body: unknown, key?: string) =>
      folder.app.request('POST', '/v1/memory/context', { body, ...(key && { key }) });
    const lost = await post({ query: 'alder', collection: 'nowhere' });
    expect([lost.status, lost.body.code]).toEqual([404, 'collection_not_found']);
    expect((await post({ query: 'alder', max_tokens: 10 })).status).toBe(422);
    const { apiKey } = await folder.app.newKey({ name: 'other', collection: 'other' });
    const refused = await post({ query: 'alder', collection: 'notes' }, apiKey);
    expect([refused.status, refused.body.code]).toEqual([403, 'collection_forbidden']);
    expect((await post({ query: 'alder' }, apiKey)).body).toEqual({
      context: '',
      tokens: 0,
      citations: [],
    });
  });
});
