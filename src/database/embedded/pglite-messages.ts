import type { MessagePort } from 'node:worker_threads';

/** What the main thread tells the PGlite worker. */
export type ToPglite =
  /** A new client; bytes of the PostgreSQL protocol go over the port in both directions. */
  | { kind: 'connect'; port: MessagePort }
  /** CHECKPOINT, close the database and end the thread. */
  | { kind: 'close' };

/** What the PGlite worker tells the main thread. */
export type FromPglite =
  | { kind: 'ready' }
  /** The database could not be opened, or its engine broke down; the thread ends. */
  | { kind: 'failed'; message: string; diskFull: boolean };
