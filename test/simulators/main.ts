import { runQdrantDouble } from './qdrant/run-qdrant-double.js';
import { runSlackSimulator } from './slack/run-slack-simulator.js';

/** Simulators by name; each prints how to use it and runs until it is interrupted. */
const SIMULATORS: Readonly<Record<string, (args: string[]) => Promise<void>>> = {
  qdrant: runQdrantDouble,
  slack: runSlackSimulator,
};

const [name = '', ...args] = process.argv.slice(2);
const run = Object.hasOwn(SIMULATORS, name) ? SIMULATORS[name] : undefined;
if (run === undefined) {
  process.stderr.write(`usage: simulate <${Object.keys(SIMULATORS).join('|')}> [--help]\n`);
  process.exitCode = 2;
} else {
  run(args).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
