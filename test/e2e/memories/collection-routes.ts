import type { TestApp } from '../../support/http-app.js';

export interface CollectionRoutes {
  name: string;
  base: string;
  memories: string;
  /** Adds a memory and answers its id. */
  add(body: Record<string, unknown>): Promise<string>;
  /** Texts in the order of the list. */
  texts(query?: string): Promise<string[]>;
  /** Texts of the hits. */
  search(body: Record<string, unknown>): Promise<string[]>;
}

interface WithText {
  text: string;
}

/** Makes routes of collections that no other test uses; the first write creates the collection. */
export function collectionRoutes(app: TestApp): () => CollectionRoutes {
  let collections = 0;
  return () => {
    const name = `notes ${++collections}`;
    const base = `/v1/memory/collections/${encodeURIComponent(name)}`;
    const memories = `${base}/memories`;
    return {
      name,
      base,
      memories,
      async add(body) {
        const answer = await app.request('POST', memories, { body });
        expect(answer.status).toBe(201);
        return answer.body.id;
      },
      async texts(query = '') {
        const answer = await app.request('GET', memories + query);
        expect(answer.status).toBe(200);
        return answer.body.map(({ text }: WithText) => text);
      },
      async search(body) {
        const answer = await app.request('POST', `${base}/search`, { body });
        expect(answer.status).toBe(200);
        return answer.body.map(({ text }: WithText) => text);
      },
    };
  };
}
