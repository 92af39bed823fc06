import { setTimeout as pause } from 'node:timers/promises';
import type { BenchFolder } from '../ingest/folder.js';
import { Corpus } from '../support/corpus.js';
import { randomFrom } from '../support/random.js';
import type { ServerProcess } from '../support/server-process.js';

const PER_REQUEST = 100;
const WORDS_PER_TEXT = 60;
const CLIENTS = 4;
const COLLECTION = 'notes';
const UNDER_WAY = new Set(['queued', 'running', 'waiting']);

interface Run {
  status: string;
  error: string | null;
  counts: Record<string, number>;
  attempts: { worker: string }[];
}

interface Synced {
  documents: number;
  /** How many workers had a part in it. */
  workers: number;
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
        await send(this.next(), key, `/v1/memory/collections/${COLLECTION}/memories/bulk`, items);
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, work));
  }

  /** A search of any tenant by any API process. */
  async search(query: string, key = this.anyKey()): Promise<void> {
    const path = `/v1/memory/collections/${COLLECTION}/search`;
    const hits = await send<unknown[]>(this.next(), key, path, { query, limit: 10, min_score: 0 });
    if (hits.length === 0) throw new Error('a search found nothing');
  }

  everyTenantOnce(): ((query: string) => Promise<void>)[] {
    return this.keys.map((key) => (query) => this.search(query, key));
  }

  /**
   * Syncs a folder each into the collection that a tenant's searches read, edits it and begins again
   * until it is stopped, which throws where a run has ended in anything but success.
   */
  syncAgainAndAgain(
    folders: readonly BenchFolder[],
    edit: (folder: BenchFolder) => void,
  ): { stop(): Promise<Synced> } {
    const work = { stopped: false, documents: 0, workers: new Set<string>() };
    const working = Promise.all(
      folders.map((folder, at) => this.syncOne(folder, this.keys[at]!, work, edit)),
    );
    // Whoever stops it hears of it; until then nobody listens.
    working.catch(() => undefined);
    return {
      async stop() {
        work.stopped = true;
        await working;
        return { documents: work.documents, workers: work.workers.size };
      },
    };
  }

  private async syncOne(
    folder: BenchFolder,
    key: string,
    work: { stopped: boolean; documents: number; workers: Set<string> },
    edit: (folder: BenchFolder) => void,
  ): Promise<void> {
    const api = this.apis[0]!;
    const { id } = await send<{ id: string }>(api, key, '/v1/memory/connections', {
      provider: 'files',
      config: { path: folder.path },
      schedule: null,
      collection: COLLECTION,
    });
    while (!work.stopped) {
      const begin = `/v1/memory/connections/${id}/sync?wait=false`;
      const { run_id } = await send<{ run_id: string }>(api, key, begin, {});
      let run: Run;
      do {
        await pause(500);
        run = await send<Run>(api, key, `/v1/memory/runs/${run_id}`);
      } while (!work.stopped && UNDER_WAY.has(run.status));
      if (run.status !== 'success' && !UNDER_WAY.has(run.status))
        throw new Error(`a run ended ${run.status}: ${run.error}`);
      work.documents += run.counts.created! + run.counts.updated!;
      for (const { worker } of run.attempts) work.workers.add(worker);
      edit(folder);
    }
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
  body?: unknown,
): Promise<T> {
  const response = await fetch(url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
