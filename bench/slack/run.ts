import { parseArgs } from 'node:util';
import { bareInsert } from '../ingest/bare-insert.js';
import { prepareDatabase } from '../ingest/bench-database.js';
import type { Run } from '../support/run.js';
import { ServerProcess } from '../support/server-process.js';
import { SimulatorProcess } from './simulator-process.js';

/**
 * A Slack workspace from attaching to the next, unchanged sync, against the simulator without
 * latency; then the bare INSERT of the rows that it made.
 *
 *   npm run bench:slack -- --messages 100000 --channels 40 [--database postgresql://...]
 */
const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '100000' },
    channels: { type: 'string', default: '40' },
    'file-share': { type: 'string', default: '0' },
    database: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const MARK = 'zanzibar quokka rendezvous';
/** Parents on one page of conversations.history. */
const PAGE = 999;

const simulator = await SimulatorProcess.start([
  ...['--messages', values.messages, '--channels', values.channels],
  ...['--file-share', values['file-share']],
]);
const database = await prepareDatabase(values.database);
const server = await ServerProcess.start({
  ...database.env,
  TRIBUTARY_SLACK_API_URL: simulator.apiUrl,
  ...(values.database && {
    TRIBUTARY_ENCRYPTION_KEYS: `bench:${Buffer.alloc(32, 7).toString('base64')}`,
  }),
});
try {
  const { messages } = await simulator.truth();
  await simulator.mutate({ op: 'post', channel: messages.at(-1)!.channel, text: MARK });
  const connection = await server.request<{ id: string }>('POST', '/v1/memory/connections', {
    provider: 'slack',
    credentials: { bot_token: simulator.token },
    schedule: null,
  });
  const cpu = { server: server.cpuSeconds, simulator: simulator.cpuSeconds };
  const attached = performance.now();
  const searchable = newestFound().then(() => (performance.now() - attached) / 1000);
  const [first, searchableAfter] = await Promise.all([sync(connection.id), searchable]);
  const used = {
    server: server.cpuSeconds - cpu.server,
    simulator: simulator.cpuSeconds - cpu.simulator,
  };
  await simulator.clearLog();
  const unchanged = await sync(connection.id);
  const calls = await simulator.calls();
  const violations = (await simulator.violations()).length;
  const { peakRss } = server;
  await server.stop();
  const bare = await bareInsert(database);
  const bareRate = bare.rows / bare.seconds;
  const rate = bare.rows / first.seconds;
  report({
    database: values.database ? 'postgresql' : 'embedded',
    messages: messages.length,
    documents: first.run.counts.created!,
    'memories (rows)': bare.rows,
    'first sync, s': round(first.seconds, 1),
    'messages/s': round(messages.length / first.seconds),
    'memories/s': round(rate),
    'bare INSERT, memories/s': round(bareRate),
    'ratio to bare INSERT': round(rate / bareRate, 2),
    'newest searchable after, s': round(searchableAfter, 1),
    'server CPU, s': round(used.server, 1),
    'simulator CPU, s': round(used.simulator, 1),
    'peak RSS, MB': round(peakRss / 2 ** 20),
    'unchanged sync, s': round(unchanged.seconds, 2),
    'unchanged: embedded': unchanged.run.counts.embedded!,
    'unchanged: history calls': calls['conversations.history'] ?? 0,
    'unchanged: history calls allowed': allowedCalls(messages),
    'unchanged: replies calls': calls['conversations.replies'] ?? 0,
    'violations of the protocol': violations,
  });
} finally {
  await server.stop();
  await database.remove();
  await simulator.stop();
}

async function newestFound(): Promise<void> {
  for (;;) {
    const hits = await server.request<{ text: string }[]>('POST', '/v1/memory/search', {
      query: MARK,
      limit: 1,
      mode: 'text',
    });
    if (hits[0]?.text.includes(MARK)) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function sync(connection: string): Promise<{ run: Run; seconds: number }> {
  const path = `/v1/memory/connections/${connection}/sync?wait=false`;
  const { run_id } = await server.request<{ run_id: string }>('POST', path, {});
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const run = await server.request<Run>('GET', `/v1/memory/runs/${run_id}`);
    if (['queued', 'running', 'waiting'].includes(run.status)) continue;
    if (run.status !== 'success') throw new Error(`run ended ${run.status}: ${run.error}`);
    const seconds = (Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000;
    return { run, seconds };
  }
}

/** One call per channel and 999 messages of its history, in which replies do not stand. */
function allowedCalls(
  messages: readonly { channel: string; threadTs: string | null; ts: string }[],
): number {
  const parents = new Map<string, number>();
  for (const { channel, threadTs, ts } of messages)
    if (threadTs === null || threadTs === ts) parents.set(channel, (parents.get(channel) ?? 0) + 1);
  return [...parents.values()].reduce((sum, count) => sum + Math.ceil(count / PAGE), 0);
}

function report(figures: Record<string, string | number>): void {
  if (values.json) return console.log(JSON.stringify(figures));
  for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(34)} ${value}`);
}

function round(value: number, digits = 0): number {
  return Number(value.toFixed(digits));
}
