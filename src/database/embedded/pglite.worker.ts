import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { EnginePanic, refusePanic } from './backend-messages.js';
import { FrontendMessages } from './frontend-messages.js';
import type { FromPglite, ToPglite } from './pglite-messages.js';

const parent = parentPort!;
const { dataDir } = workerData as { dataDir: string };

/** PGlite has one session: everything that touches it goes through this one queue. */
let queue = Promise.resolve();

/** Ends what the latest client left open. */
let finishClient = (): Promise<void> => Promise.resolve();

function inTurn(task: () => Promise<void>): void {
  queue = queue.then(task).catch(fail);
}

/** Leaves the files as a killed process would; whoever opens them next recovers them. */
function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const diskFull = error instanceof EnginePanic && error.sqlState === '53100';
  tell({ kind: 'failed', message, diskFull });
  process.exit(1);
}

function tell(message: FromPglite): void {
  parent.postMessage(message);
}

async function main(): Promise<void> {
  const db = await PGlite.create({ dataDir, extensions: { vector } });
  parent.on('message', (message: ToPglite) => {
    if (message.kind === 'connect') serve(db, message.port);
    else inTurn(() => close(db));
  });
  tell({ kind: 'ready' });
}

async function close(db: PGlite): Promise<void> {
  await db.exec('CHECKPOINT');
  await db.close();
  process.exit(0);
}

function serve(db: PGlite, port: MessagePort): void {
  const messages = new FrontendMessages();
  let over = false;

  async function finish(): Promise<void> {
    if (over) return;
    over = true;
    port.close();
    if (db.closed) return;
    // The session outlives its client: end what it left open, drop what it had prepared.
    if (db.isInTransaction()) await db.exec('ROLLBACK');
    await db.exec('DEALLOCATE ALL');
  }

  async function receive(chunk: Uint8Array): Promise<void> {
    if (over) return;
    for (const { bytes, lastType } of messages.push(chunk)) {
      const parts: Uint8Array[] = [];
      // The engine reuses its buffer, hence the copy.
      const onRawData = (data: Uint8Array): number => parts.push(data.slice());
      await db.runExclusive(() => db.execProtocolRawStream(bytes, { onRawData }));
      const answer = concatenate(parts);
      refusePanic(answer, lastType);
      if (answer.length > 0) port.postMessage(answer, [answer.buffer]);
    }
    if (messages.terminated) await finish();
  }

  // News of a client that vanished may come later than its successor, which must not find itself
  // in the other's transaction.
  inTurn(finishClient);
  finishClient = finish;
  port.on('close', () => inTurn(finish));
  port.on('message', (chunk: Uint8Array) => inTurn(() => receive(chunk)));
}

function concatenate(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

main().catch(fail);
