import type { BenchFolder } from '../ingest/folder.js';
import { Corpus } from '../support/corpus.js';
import { randomFrom } from '../support/random.js';
import type { ServerProcess } from '../support/server-process.js';

const PER_REQUEST = 100;
const WORDS_PER_TEXT = 60;
const CLIENTS = 4;

interface Run {
  status: string;
  counts: Record<string, number>;
}

/** Tenants of an installation with several API processes, asked in turn. */
export class Fleet {
  static readonly OPERATOR_KEY = 'operator-key-of-the-bench';
  private readonly random = randomFrom(5);
  private turn = 0;

  private constructor(
    private readonly apis: readonly ServerProcess[],
    private readonly keys: readonly string[],
  ) {}

  static async create(apis: readonly ServerProcess[], tenants: number): Promise<Fleet> {
    const keys: string[] = [];
    for (let n = 0; n < tenants; n += 1) {
      const body = { name: `tenant ${n}`, plan: 'unlimited' };
      const path = '/v1/memory/admin/tenants';
      const made = await send<{ api_key: string }>(apis[0]!, Fleet.OPERATOR_KEY, path, body);
      keys.push(made.api_key);
    }
    return new Fleet(apis, keys);
  }

  /** Gives each tenant so many memories of about 60 tokens. */
  async fill(memories: number): Promise<void> {
    const corpus = new Corpus(3);
    const requests = this.keys.flatMap((key) =>
      Array.from({ length: Math.ceil(memories / PER_REQUEST) }, () => key),
    );
    const work = async (): Promise<void> => {
      for (let key = requests.pop(); key; key = requests.pop()) {
        const items = Array.from({ length: PER_REQUEST }, () => ({
          text: corpus.text(WORDS_PER_TEXT),
        }));
        await send(this.next(), key, '/v1/memory/collections/notes/memories/bulk', items);
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, work));
  }

  /** A search of any tenant by any API process. */
  async search(query: string, key = this.anyKey()): Promise<void> {
    const path = '/v1/memory/collections/notes/search';
    const hits = await send<unknown[]>(this.next(), key, path, { query, limit: 10, min_score: 0 });
    if (hits.length === 0) throw new Error('a search found nothing');
  }

  everyTenantOnce(): ((query: string) => Promise<void>)[] {
    return this.keys.map((key) => (query) => this.search(query, key));
  }

  /** Syncs a folder of the first tenant, edits it and begins again until it is stopped. */
  syncAgainAndAgain(folder: BenchFolder, edit: () => void): { stop(): Promise<number> } {
    let stopped = false;
    const work = async (): Promise<number> => {
      const api = this.apis[0]!;
      const body = { provider: 'files', config: { path: folder.path }, schedule: null };
      const { id } = await api.request<{ id: string }>('POST', '/v1/memory/connections', body);
      let documents = 0;
      while (!stopped) {
        const begin = `/v1/memory/connections/${id}/sync?wait=false`;
        const { run_id } = await api.request<{ run_id: string }>('POST', begin, {});
        let run: Run;
        do {
          await new Promise((resolve) => setTimeout(resolve, 500));
          run = await api.request<Run>('GET', `/v1/memory/runs/${run_id}`);
        } while (!stopped && (run.status === 'queued' || run.status === 'running'));
        documents += run.counts.created! + run.counts.updated!;
        edit();
      }
      return documents;
    };
    const working = work();
    return {
      stop: () => {
        stopped = true;
        return working;
      },
    };
  }

  private anyKey(): string {
    return this.keys[Math.floor(this.random() * this.keys.length)]!;
  }

  private next(): ServerProcess {
    return this.apis[this.turn++ % this.apis.length]!;
  }
}

async function send<T>(
  { url }: ServerProcess,
  key: string,
  path: string,
  body: unknown,
): Promise<T> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
