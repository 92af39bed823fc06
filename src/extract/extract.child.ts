/**
 * Entry of the child processes that read files. It trusts nothing: it may hang, use up its memory
 * or die, and the parent (extract-child.ts) deals with each.
 */
import { readSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { ChildJob, ChildMessage } from './child-protocol.js';
import { extractFormat } from './extract-format.js';
import { ExtractionError } from './extractor.js';

const STDIN = 0;

/**
 * Ends this process when its parent is gone, even in the midst of an endless loop, which would keep
 * the main thread from seeing the closed channel. POSIX gives orphans a new parent.
 */
const WATCHDOG = `
  const { workerData } = require('node:worker_threads');
  setInterval(() => {
    if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL');
  }, 1000);
`;

function send(message: ChildMessage): void {
  process.send?.(message);
}

/** The file of a job. Blocking, since there is nothing else to do; no copy is made on the way. */
function readInput(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size;) {
    const count = readSync(STDIN, bytes, at, size - at, null);
    if (count === 0) process.exit(1);
    at += count;
  }
  return bytes;
}

async function run(job: ChildJob): Promise<void> {
  try {
    const result = await extractFormat(job.format, readInput(job.size), job.charset);
    send({ type: 'text', result });
  } catch (error) {
    if (!(error instanceof ExtractionError)) throw error;
    send({ type: 'failure', code: error.code, message: error.message });
  }
}

process.on('message', (job) => void run(job as ChildJob));
process.on('disconnect', () => process.exit(0));
new Worker(WATCHDOG, {
  eval: true,
  workerData: process.ppid,
  resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
}).unref();
send({ type: 'ready' });
