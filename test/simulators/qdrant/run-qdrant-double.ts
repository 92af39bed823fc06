import { parseArgs } from 'node:util';
import { serveQdrantControl } from './control-plane.js';
import { startQdrantDouble } from './qdrant-double.js';

const HELP = `usage: simulate qdrant [options]

A wire double of Qdrant 1.18 for tests; it searches exactly and keeps nothing on disk.

  --port 6333           the REST API
  --control-port 6343   faults, requests, violations, down, up, restart, wipe
  --api-key KEY         ask for it in the header api-key
  --apply-after-ms 100  how long a write without wait stays invisible
  --json                print the addresses as one line of JSON
`;

/** Starts the double on its own until SIGINT or SIGTERM. */
export async function runQdrantDouble(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '6333' },
      'control-port': { type: 'string', default: '6343' },
      'api-key': { type: 'string' },
      'apply-after-ms': { type: 'string', default: '100' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const double = await startQdrantDouble({
    port: number('port', values.port),
    applyAfterMs: number('apply-after-ms', values['apply-after-ms']),
    ...(values['api-key'] !== undefined && { apiKey: values['api-key'] }),
  });
  const control = await serveQdrantControl(number('control-port', values['control-port']), double);
  const addresses = { url: double.url, control_url: control.url };
  process.stdout.write(
    values.json
      ? `${JSON.stringify(addresses)}\n`
      : `Qdrant double\n  API      ${double.url}\n  control  ${control.url}\n\nStop with Ctrl+C.\n`,
  );
  const stop = (): void => {
    // Listening for its end keeps the channel to the parent, and so this process, alive.
    if (process.connected) process.disconnect();
    Promise.all([double.close(), control.close()]).catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exitCode = 1;
    });
  };
  // A bench that forked this process and died must not leave it behind.
  process.once('disconnect', stop);
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

function number(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new Error(`--${name} must be a number, not "${text}"`);
  }
  return value;
}
