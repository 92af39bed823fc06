import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectRoot } from '../../src/common/compiled.js';
import type { IndexServer } from './index-server.js';
import { endsWithUs } from './orphans.js';

/** Longer than any client waits. */
const HANGS_MS = 20_000;

/** The wire double of Qdrant in a process of its own, which also keeps its data while it is down. */
export class QdrantDoubleProcess implements IndexServer {
  readonly name = 'wire double';

  private constructor(
    readonly url: string,
    private readonly controlUrl: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(): Promise<QdrantDoubleProcess> {
    const child = endsWithUs(
      fork(
        join(projectRoot, 'dist/test/simulators/main.js'),
        ['qdrant', '--port', '0', '--control-port', '0', '--json'],
        { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], execArgv: [] },
      ),
    );
    for await (const line of createInterface(child.stdout!)) {
      const started = JSON.parse(line) as { url: string; control_url: string };
      child.stdout!.resume();
      return new QdrantDoubleProcess(started.url, started.control_url, child);
    }
    throw new Error('the double ended before it listened');
  }

  down(): Promise<void> {
    return this.control('POST', '/down');
  }

  async crash(): Promise<void> {
    await this.down();
    // A write-ahead log brings back what was acknowledged and not yet applied.
    await this.control('POST', '/settle');
  }

  up(): Promise<void> {
    return this.control('POST', '/up');
  }

  async slow(ms: number): Promise<void> {
    await this.control('DELETE', '/faults');
    if (ms > 0) await this.control('POST', '/faults', { do: 'slow', delayMs: ms, times: null });
  }

  hang(): Promise<void> {
    return this.slow(HANGS_MS);
  }

  goOn(): Promise<void> {
    return this.slow(0);
  }

  loseEverything(): Promise<void> {
    return this.control('POST', '/wipe');
  }

  readonly fillDisk = async (full: boolean): Promise<void> => {
    await this.control('DELETE', '/faults');
    if (full) await this.control('POST', '/faults', { do: 'disk_full', times: null });
  };

  async remove(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
  }

  private async control(method: string, path: string, body?: unknown): Promise<void> {
    const response = await fetch(this.controlUrl.replace(/\/$/, '') + path, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    await response.arrayBuffer();
  }
}
