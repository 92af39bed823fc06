import { parseArgs } from 'node:util';
import { prepareDatabase } from '../ingest/bench-database.js';
import { ServerProcess } from '../support/server-process.js';
import { SimulatorProcess } from './simulator-process.js';

/**
 * How much of a limited budget a backfill uses: calls of the busiest method in the minutes after
 * its first refusal, and calls made while the source had asked for a pause.
 *
 *   npm run bench:budget -- --rate 50 --minutes 10
 */
const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '50' },
    minutes: { type: 'string', default: '10' },
    messages: { type: 'string', default: '20000' },
    database: { type: 'string' },
  },
});
const [rate, minutes] = [Number(values.rate), Number(values.minutes)];
/** What arrives within this time of a refusal was on its way already. */
const IN_FLIGHT_MS = 100;

const simulator = await SimulatorProcess.start([
  ...['--messages', values.messages, '--channels', '12', '--file-share', '0'],
  ...['--rate', values.rate],
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
  await server.request('POST', '/v1/memory/connections', {
    provider: 'slack',
    credentials: { bot_token: simulator.token },
    schedule: { every_minutes: 30 },
  });
  const method = 'conversations.replies';
  const first = await firstRefusal(method);
  const end = first + minutes * 60_000;
  while (Date.now() < end) await sleep(1000);
  const log = (await simulator.log()).filter((call) => call.method === method);
  const answered = log.filter(({ at, status }) => {
    const time = Date.parse(at);
    return time > first && time <= end && status === 200;
  });
  const refused = log.filter(({ status }) => status === 429);
  const inside = (await simulator.violations()).filter(({ kind, detail }) => {
    return kind === 'inside_retry_after' && Number(/(\d+) ms/.exec(detail)?.[1]) > IN_FLIGHT_MS;
  });
  console.log(
    JSON.stringify(
      {
        method,
        'calls per minute allowed': rate,
        minutes,
        'calls answered': answered.length,
        'share of the budget': Number((answered.length / (rate * minutes)).toFixed(3)),
        'refusals (429)': refused.length,
        'calls inside a Retry-After': inside.length,
      },
      null,
      2,
    ),
  );
} finally {
  await server.stop();
  await database.remove();
  await simulator.stop();
}

async function firstRefusal(method: string): Promise<number> {
  for (;;) {
    const call = (await simulator.log()).find((one) => one.method === method && one.status === 429);
    if (call) return Date.parse(call.at);
    await sleep(1000);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
