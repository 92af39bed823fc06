const TERMINATE = 0x58;

export interface Batch {
  bytes: Uint8Array;
  /** Type byte of the last message; 0 for the startup message. */
  lastType: number;
}

/**
 * Cuts the byte stream of a PostgreSQL client into complete messages
 * (https://www.postgresql.org/docs/current/protocol-message-formats.html). Messages that arrived
 * together are handed on together: one call into PGlite for parse, bind, describe, execute and
 * sync costs half of five.
 */
export class FrontendMessages {
  /** The client said goodbye. */
  terminated = false;
  private pending = new Uint8Array(0);
  private started = false;

  /** Complete batches in order; the startup message, which has no type byte, comes alone. */
  push(chunk: Uint8Array): Batch[] {
    const bytes = this.pending.length === 0 ? chunk : concatenate(this.pending, chunk);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const batches: Batch[] = [];
    let lastType = 0;
    let from = 0;
    let to = 0;
    while (!this.terminated) {
      const header = this.started ? 1 : 0;
      if (bytes.length < to + header + 4) break;
      const end = to + header + view.getInt32(to + header);
      if (bytes.length < end) break;
      if (this.started && bytes[to] === TERMINATE) {
        this.terminated = true;
        break;
      }
      if (this.started) lastType = bytes[to]!;
      to = end;
      if (this.started) continue;
      this.started = true;
      batches.push({ bytes: bytes.slice(from, to), lastType });
      from = to;
    }
    if (to > from) batches.push({ bytes: bytes.slice(from, to), lastType });
    this.pending = bytes.slice(to);
    return batches;
  }
}

function concatenate(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const all = new Uint8Array(head.length + tail.length);
  all.set(head);
  all.set(tail, head.length);
  return all;
}
