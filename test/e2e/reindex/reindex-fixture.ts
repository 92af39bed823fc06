import { ScriptedEndpoint } from '../../../src/inference/openai/embeddings-endpoint.contract.js';
import type { Database } from '../../../src/database/database.js';
import { Embedders } from '../../../src/inference/embedders.js';
import { eventually } from '../../support/eventually.js';
import { startApp, type TestApp } from '../../support/http-app.js';

/** The second model: words in common make texts near, in 64 dimensions. */
export const OTHER = 'openai:text-embedding-test';
export const BUILTIN = 'builtin:static-minilm-256';

export interface ReindexBench {
  readonly app: TestApp;
  readonly endpoint: ScriptedEndpoint;
  /** Starts another application on the same database, e.g. after `app` was killed. */
  start(env?: Record<string, string>): Promise<TestApp>;
  close(): Promise<void>;
}

/** An application with two models. */
export async function reindexBench(
  store: { database: Database; env?: Record<string, string> },
  env: Record<string, string> = {},
): Promise<ReindexBench> {
  const endpoint = new ScriptedEndpoint();
  await endpoint.open();
  const apps: TestApp[] = [];
  const start = async (more: Record<string, string> = env): Promise<TestApp> => {
    const app = await startApp({
      database: store.database,
      env: {
        TRIBUTARY_EMBEDDING_MODELS: 'text-embedding-test',
        OPENAI_BASE_URL: endpoint.baseUrl,
        TRIBUTARY_BOOTSTRAP_API_KEY: 'key-of-the-reindex-bench',
        ...store.env,
        ...more,
      },
    });
    apps.push(app);
    // It asks for the model's dimensions once; tests script what comes after that.
    await app.nest.get(Embedders, { strict: false }).find(OTHER)!.ready();
    return app;
  };
  const app = await start();
  return {
    app,
    endpoint,
    start,
    close: async () => {
      for (const one of apps) await one.close();
      endpoint.close();
    },
  };
}

export async function reindex(app: TestApp, name: string, body: object = {}) {
  const path = `/v1/memory/collections/${encodeURIComponent(name)}/reindex`;
  return app.request('POST', path, { body });
}

/** The job once it has ended. */
export async function ended(app: TestApp, job: string) {
  return eventually(`the end of job ${job}`, async () => {
    const { body } = await app.request('GET', `/v1/memory/jobs/${job}`);
    return ['success', 'error', 'cancelled'].includes(body.status) ? body : undefined;
  });
}

/** Vectors by space of a collection, as the rows have them. */
export async function vectorsBySpace(
  database: Database,
  name: string,
): Promise<Record<string, number>> {
  const rows = await database.asSystem(async (tx) => {
    const [found] = await tx.query<{ table: string }[]>(
      `select coalesce(to_regclass('vectors'), to_regclass('point_vectors'))::text as table`,
    );
    return tx.query<{ model: string; count: number }[]>(
      `select s.model, count(*)::int as count from ${found!.table} v
       join collections c on c.id = v.collection_id join embedding_spaces s on s.id = v.space_id
       where c.name = $1 group by s.model`,
      [name],
    );
  });
  return Object.fromEntries(rows.map(({ model, count }) => [model, count]));
}
