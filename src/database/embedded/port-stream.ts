import { Duplex } from 'node:stream';
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads';
import type { ToPglite } from './pglite-messages.js';

type Done = (error?: Error | null) => void;

/** What `pg` takes for a socket: a stream whose other end is the PGlite worker. */
export class PortStream extends Duplex {
  private port?: MessagePort;

  constructor(private readonly worker: Worker) {
    super();
  }

  connect(): this {
    // A port to a worker that has ended would stay open for ever.
    if (this.destroyed) return this;
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    port1.on('message', (data: Uint8Array) => {
      this.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    });
    port1.on('close', () => this.push(null));
    const message: ToPglite = { kind: 'connect', port: port2 };
    this.worker.postMessage(message, [port2]);
    setImmediate(() => this.emit('connect'));
    return this;
  }

  /** Data is pushed as it comes; a client reads what it asked for. */
  override _read(): void {
    return;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.send(chunk);
    done();
  }

  override _writev(chunks: { chunk: Buffer }[], done: Done): void {
    this.send(Buffer.concat(chunks.map(({ chunk }) => chunk)));
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.port?.close();
    done(error);
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  private send(bytes: Buffer): void {
    const copy = new Uint8Array(bytes);
    this.port?.postMessage(copy, [copy.buffer]);
  }
}
