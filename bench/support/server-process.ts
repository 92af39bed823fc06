import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectRoot } from '../../src/common/compiled.js';
import { cpuSeconds } from './process-cpu.js';

const API_KEY = 'mv_bench_key_of_the_first_tenant';

/** A real server process, watched from outside. */
export class ServerProcess {
  /** Highest resident memory seen, bytes. */
  peakRss = 0;
  private readonly sampler: NodeJS.Timeout;

  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
  ) {
    this.sampler = setInterval(() => this.sample(), 100);
  }

  static async start(env: Record<string, string>): Promise<ServerProcess> {
    const child = spawn(
      process.execPath,
      [...process.execArgv, join(projectRoot, 'dist/src/main.js')],
      {
        env: { ...process.env, ...env, PORT: '0', TRIBUTARY_BOOTSTRAP_API_KEY: API_KEY },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    for await (const line of createInterface(child.stdout)) {
      const url = /"url":"([^"]+)"/.exec(line)?.[1];
      if (!url) continue;
      child.stdout.resume();
      return new ServerProcess(url, child);
    }
    throw new Error('the server ended before it listened');
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Resident memory now, bytes (0 where /proc is not there). */
  get rss(): number {
    try {
      const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
    } catch {
      return 0;
    }
  }

  /** Processor time spent so far, all threads, seconds (0 where /proc is not there). */
  get cpuSeconds(): number {
    return cpuSeconds(this.child.pid);
  }

  async request<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok)
      throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** As a crash: no handler of the process runs. */
  async kill(): Promise<void> {
    clearInterval(this.sampler);
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  /** As a supervisor does; answers the exit code, null after a signal. */
  async stop(): Promise<number | null> {
    clearInterval(this.sampler);
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      await ended;
    }
    return this.child.exitCode;
  }

  private sample(): void {
    this.peakRss = Math.max(this.peakRss, this.rss);
  }
}
