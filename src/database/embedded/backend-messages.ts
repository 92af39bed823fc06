const READY_FOR_QUERY = [0x5a, 0, 0, 0, 5];
const COPY_IN = 0x47;
const SYNC = 0x53;
const SIMPLE_QUERY = 0x51;

/** The engine reported a PANIC: what it holds in memory is worthless, its files are not. */
export class EnginePanic extends Error {
  constructor(
    message: string,
    /** SQLSTATE, e.g. 53100 for a full disk. */
    readonly sqlState: string,
  ) {
    super(message);
  }
}

/**
 * PGlite answers after a PANIC as if nothing had happened, except that it no longer says that it
 * is ready for the next query; its client would wait for ever. Every answer to Sync or to a
 * simple query ends with ReadyForQuery
 * (https://www.postgresql.org/docs/current/protocol-flow.html).
 * @param lastType type byte of the last message that was sent.
 */
export function refusePanic(answer: Uint8Array, lastType: number): void {
  if (lastType !== SYNC && lastType !== SIMPLE_QUERY) return;
  const tail = answer.subarray(-6);
  if (tail.length === 6 && READY_FOR_QUERY.every((byte, i) => tail[i] === byte)) return;
  if (answer[0] === COPY_IN) return;
  const text = Buffer.from(answer).toString();
  const field = (name: string): string =>
    new RegExp(`\0${name}([^\0]*)`).exec(text)?.[1] ?? 'unknown';
  throw new EnginePanic(`${field('V')}: ${field('M')}`, field('C'));
}
