import { parseArgs } from 'node:util';
import { bareInsert } from '../ingest/bare-insert.js';
import { prepareDatabase } from '../ingest/bench-database.js';
import { cpuSeconds } from '../support/process-cpu.js';
import { Corpus } from '../support/corpus.js';
import { ServerProcess } from '../support/server-process.js';
import { untilApplied } from '../support/until-applied.js';

/**
 * Memories per second through the bulk route with the built-in model, beside the bare INSERT of
 * the same rows in the same run, by one writer and by as many as the clients were; with Qdrant,
 * until its outbox is empty.
 *
 *   npm run bench:bulk -- --memories 20000 --database postgresql://...   (a scratch database)
 *   npm run bench:bulk -- --database postgresql://... --qdrant http://127.0.0.1:6333
 */
const { values } = parseArgs({
  options: {
    memories: { type: 'string', default: '20000' },
    words: { type: 'string', default: '60' },
    clients: { type: 'string', default: '4' },
    database: { type: 'string' },
    qdrant: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

/** The most that one request may carry. */
const PER_REQUEST = 100;

const count = Number(values.memories);
const clients = Number(values.clients);
const corpus = new Corpus(3);
const bodies = Array.from({ length: Math.ceil(count / PER_REQUEST) }, () =>
  Array.from({ length: PER_REQUEST }, () => ({ text: corpus.text(Number(values.words)) })),
);
const database = await prepareDatabase(values.database, values.qdrant);
const server = await ServerProcess.start(database.env);
try {
  await server.request('POST', '/v1/memory/collections/bulk/memories', { text: 'warm up' });
  const idleCpu = server.cpuSeconds;
  const start = performance.now();
  await Promise.all(Array.from({ length: clients }, () => addAll()));
  const stored = (performance.now() - start) / 1000;
  if (values.qdrant) await untilApplied(database.env.DATABASE_URL!);
  const applied = (performance.now() - start) / 1000;
  const cpu = server.cpuSeconds - idleCpu;
  const peakRss = server.peakRss;
  await server.stop();
  const total = Math.ceil(count / PER_REQUEST) * PER_REQUEST;
  const figures: Record<string, string | number> = {
    database: values.qdrant ? 'postgresql + qdrant' : values.database ? 'postgresql' : 'embedded',
    memories: total,
    'stored, memories/s': Math.round(total / stored),
    'server CPU, ms/memory': Number(((cpu * 1000) / total).toFixed(2)),
    'own CPU, s': Number(cpuSeconds(process.pid).toFixed(1)),
    'peak RSS, MB': Math.round(peakRss / 2 ** 20),
  };
  if (values.qdrant) {
    figures['stored and in Qdrant, memories/s'] = Math.round(total / applied);
  } else {
    for (const writers of [1, clients]) {
      const bare = await bareInsert(database, writers);
      const rate = bare.rows / bare.seconds;
      figures[`bare INSERT by ${writers}, memories/s`] = Math.round(rate);
      figures[`ratio to bare INSERT by ${writers}`] = Number((total / stored / rate).toFixed(2));
    }
  }
  if (values.json) console.log(JSON.stringify(figures));
  else for (const [name, value] of Object.entries(figures)) console.log(name.padEnd(34), value);
} finally {
  await server.stop();
  await database.remove();
}

async function addAll(): Promise<void> {
  for (let body = bodies.pop(); body; body = bodies.pop())
    await server.request('POST', '/v1/memory/collections/bulk/memories/bulk', body);
}
