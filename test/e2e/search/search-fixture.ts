import { randomUUID } from 'node:crypto';
import type { SearchHit } from '../../../src/search/search.schema.js';
import type { TestApp } from '../../support/http-app.js';

/** A collection of its own with memories in it, and how to search it. */
export interface SearchableCollection {
  name: string;
  base: string;
  ids: string[];
  search(body: Record<string, unknown>, key?: string): Promise<SearchHit[]>;
  texts(body: Record<string, unknown>): Promise<string[]>;
  change(id: string, path: string, body?: unknown): Promise<void>;
}

export async function searchable(
  app: TestApp,
  items: readonly (string | Record<string, unknown>)[],
): Promise<SearchableCollection> {
  const name = `notes ${randomUUID()}`;
  const base = `/v1/memory/collections/${encodeURIComponent(name)}`;
  const ids: string[] = [];
  const bodies = items.map((item) => (typeof item === 'string' ? { text: item } : item));
  for (let from = 0; from < bodies.length; from += 100) {
    const body = bodies.slice(from, from + 100);
    const added = await app.request('POST', `${base}/memories/bulk`, { body });
    if (added.status !== 200) throw new Error(added.text);
    ids.push(...(added.body.ids as string[]));
  }
  const search = async (body: Record<string, unknown>, key = app.apiKey) => {
    const answer = await app.request('POST', `${base}/search`, { key, body });
    if (answer.status !== 200) throw new Error(answer.text);
    return answer.body as SearchHit[];
  };
  return {
    name,
    base,
    ids,
    search,
    texts: async (body) => (await search(body)).map((hit) => hit.text),
    async change(id, path, body) {
      const answer = await app.request('POST', `${base}/memories/${id}/${path}`, { body });
      if (answer.status !== 200) throw new Error(answer.text);
    },
  };
}
