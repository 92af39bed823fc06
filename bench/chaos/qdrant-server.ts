import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { IndexServer } from './index-server.js';
import { LateProxy } from './late-proxy.js';
import { endsWithUs } from './orphans.js';
import { sparePort } from './spare-port.js';

const READY_WITHIN_MS = 60_000;

/** A real Qdrant with a storage folder of its own, behind a proxy that can make it slow. */
export class QdrantServer implements IndexServer {
  readonly name = 'Qdrant';
  readonly fillDisk = null;
  private child: ChildProcess | null = null;

  private constructor(
    private readonly binary: string,
    private readonly folder: string,
    private readonly ports: { readonly http: number; readonly grpc: number },
    private readonly proxy: LateProxy,
  ) {}

  static async start(binary: string): Promise<QdrantServer> {
    const folder = mkdtempSync(join(tmpdir(), 'tributary-chaos-qdrant-'));
    const ports = { http: await sparePort(), grpc: await sparePort() };
    const server = new QdrantServer(binary, folder, ports, await LateProxy.start(ports.http));
    await server.up();
    return server;
  }

  get url(): string {
    return this.proxy.url;
  }

  down(): Promise<void> {
    return this.end('SIGTERM');
  }

  crash(): Promise<void> {
    return this.end('SIGKILL');
  }

  async up(): Promise<void> {
    const child = endsWithUs(
      spawn(this.binary, [], {
        cwd: this.folder,
        env: {
          ...process.env,
          QDRANT__SERVICE__HOST: '127.0.0.1',
          QDRANT__SERVICE__HTTP_PORT: String(this.ports.http),
          QDRANT__SERVICE__GRPC_PORT: String(this.ports.grpc),
          QDRANT__STORAGE__STORAGE_PATH: join(this.folder, 'storage'),
          QDRANT__STORAGE__SNAPSHOTS_PATH: join(this.folder, 'snapshots'),
          QDRANT__TELEMETRY_DISABLED: 'true',
          QDRANT__LOG_LEVEL: 'WARN',
        },
        stdio: 'ignore',
      }),
    );
    this.child = child;
    const deadline = Date.now() + READY_WITHIN_MS;
    const ready = `http://127.0.0.1:${this.ports.http}/readyz`;
    while (
      !(await fetch(ready).then(
        ({ ok }) => ok,
        () => false,
      ))
    ) {
      if (child.exitCode !== null) throw new Error(`Qdrant ended with ${child.exitCode}`);
      if (Date.now() > deadline) throw new Error('Qdrant does not become ready');
      await pause(50);
    }
  }

  slow(ms: number): Promise<void> {
    this.proxy.delayMs = ms;
    return Promise.resolve();
  }

  hang(): Promise<void> {
    this.child?.kill('SIGSTOP');
    return Promise.resolve();
  }

  goOn(): Promise<void> {
    this.child?.kill('SIGCONT');
    return Promise.resolve();
  }

  async loseEverything(): Promise<void> {
    await this.crash();
    rmSync(join(this.folder, 'storage'), { recursive: true, force: true });
    await this.up();
  }

  async remove(): Promise<void> {
    await this.crash();
    await this.proxy.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    this.child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    // It would wait for connections that are kept alive.
    this.proxy.cut();
    await ended;
    this.proxy.cut();
  }
}
