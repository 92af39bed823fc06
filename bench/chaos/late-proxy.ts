import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands before a server on this machine and lets its answers through late. */
export class LateProxy {
  delayMs = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async start(targetPort: number): Promise<LateProxy> {
    const server = createServer();
    const proxy = new LateProxy(server);
    server.on('connection', (client) => proxy.join(client, targetPort));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Ends every connection; new ones are taken. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.cut();
    await closed;
  }

  private join(client: Socket, port: number): void {
    const target = connect(port, '127.0.0.1');
    const end = (): void => {
      for (const socket of [client, target]) {
        this.sockets.delete(socket);
        socket.destroy();
      }
    };
    for (const socket of [client, target]) {
      this.sockets.add(socket);
      // The other side learns of it by the end of its own connection.
      socket.on('error', end);
      socket.on('close', end);
    }
    client.pipe(target);
    target.on('data', (bytes) => {
      if (this.delayMs === 0) client.write(bytes);
      else setTimeout(() => client.write(bytes), this.delayMs);
    });
  }
}
