import { parseArgs } from 'node:util';
import { startSlackSimulator, type SlackSimulator } from './slack-simulator.js';

const HELP = `usage: simulate slack [options]

  --port 4703          the Web API
  --control-port 4704  faults, mutations, log, violations, truth
  --seed 7             another seed is another workspace
  --channels 12        channels with the bot in them
  --messages 3000      messages in them, replies included
  --days 180           how far the history goes back
  --file-share 0.12    share of messages with a file
  --rate 50            calls per minute and method, or "documented" for Slack's tiers
  --slow-tier          as an app outside the Marketplace: history once a minute, 15 objects
  --json               print the addresses as one line of JSON
`;

/** Starts the Slack simulator on its own, in real time, until SIGINT or SIGTERM. */
export async function runSlackSimulator(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '4703' },
      'control-port': { type: 'string', default: '4704' },
      seed: { type: 'string', default: '7' },
      channels: { type: 'string', default: '12' },
      messages: { type: 'string', default: '3000' },
      days: { type: 'string', default: '180' },
      'file-share': { type: 'string', default: '0.12' },
      rate: { type: 'string' },
      'slow-tier': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const simulator = await startSlackSimulator({
    clock: 'real',
    port: number('port', values.port),
    controlPort: number('control-port', values['control-port']),
    seed: number('seed', values.seed),
    channels: number('channels', values.channels),
    messages: number('messages', values.messages),
    days: number('days', values.days),
    fileShare: number('file-share', values['file-share']),
    rates: rate(values.rate),
    slowTier: values['slow-tier'],
  });
  process.stdout.write(values.json ? `${JSON.stringify(summary(simulator))}\n` : page(simulator));
  const stop = (): void => {
    // Listening for its end keeps the channel to the parent, and so this process, alive.
    if (process.connected) process.disconnect();
    simulator.close().catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exitCode = 1;
    });
  };
  // A demo or bench that forked this process and died must not leave it behind.
  process.once('disconnect', stop);
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

function summary(simulator: SlackSimulator): Record<string, unknown> {
  const { apiUrl, controlUrl, token, oauth } = simulator;
  const { channels, team } = simulator.workspace.workspace;
  return {
    api_url: apiUrl,
    control_url: controlUrl,
    token,
    team: team.name,
    channels: channels.size,
    client_id: oauth.clientId,
    client_secret: oauth.clientSecret,
  };
}

function page(simulator: SlackSimulator): string {
  const { apiUrl, controlUrl, token } = simulator;
  return `Slack simulator
  API      ${apiUrl}
  token    ${token}
  control  ${controlUrl ?? 'none'}

Try it in another terminal, with a server that reads this Slack:
  TRIBUTARY_SLACK_API_URL=${apiUrl} npm start
  tributary connect slack --token ${token}

Stop with Ctrl+C.
`;
}

function number(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new Error(`--${name} must be a number, not "${text}"`);
  }
  return value;
}

function rate(text: string | undefined): number | 'documented' | null {
  if (text === undefined) return null;
  return text === 'documented' ? text : number('rate', text);
}
