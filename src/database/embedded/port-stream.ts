import { Duplex } from 'node:stream';
import type { MessagePort } from 'node:worker_threads';

type Done = (error?: Error | null) => void;

/** What `pg` takes for a socket: a stream whose other end is the PGlite worker. */
export class PortStream extends Duplex {
  private port?: MessagePort;

  constructor(private readonly openPort: () => Promise<MessagePort>) {
    super();
  }

  connect(): this {
    this.openPort().then(
      (port) => this.use(port),
      (error: Error) => this.destroy(error),
    );
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

  private use(port: MessagePort): void {
    // A port that nobody closes would keep the process alive.
    if (this.destroyed) return port.close();
    this.port = port;
    port.on('message', (data: Uint8Array) => {
      this.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    });
    port.on('close', () => this.push(null));
    this.emit('connect');
  }

  private send(bytes: Buffer): void {
    const copy = new Uint8Array(bytes);
    this.port?.postMessage(copy, [copy.buffer]);
  }
}
