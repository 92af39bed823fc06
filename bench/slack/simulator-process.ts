import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectRoot } from '../../src/common/compiled.js';
import { cpuSeconds } from '../support/process-cpu.js';

export interface SimulatedChannel {
  readonly id: string;
  readonly name: string;
}

/** The Slack simulator in a process of its own, on the same cores as everything else. */
export class SimulatorProcess {
  private constructor(
    readonly apiUrl: string,
    readonly token: string,
    private readonly controlUrl: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(args: readonly string[]): Promise<SimulatorProcess> {
    const child = fork(
      join(projectRoot, 'dist/test/simulators/main.js'),
      ['slack', '--port', '0', '--control-port', '0', '--json', ...args],
      { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], execArgv: [] },
    );
    for await (const line of createInterface(child.stdout!)) {
      const started = JSON.parse(line) as Record<'api_url' | 'control_url' | 'token', string>;
      child.stdout!.resume();
      return new SimulatorProcess(started.api_url, started.token, started.control_url, child);
    }
    throw new Error('the simulator ended before it listened');
  }

  /** Processor time spent so far, seconds (0 where /proc is not there). */
  get cpuSeconds(): number {
    return cpuSeconds(this.child.pid);
  }

  mutate<T>(mutation: Record<string, unknown>): Promise<T> {
    return this.control<T>('POST', '/mutate', mutation);
  }

  truth(): Promise<{ messages: { channel: string; threadTs: string | null; ts: string }[] }> {
    return this.control('GET', '/truth');
  }

  log(): Promise<{ method: string; at: string; status: number | null }[]> {
    return this.control('GET', '/log');
  }

  /** How often each method was called since the log was cleared. */
  async calls(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { method } of await this.log()) counts[method] = (counts[method] ?? 0) + 1;
    return counts;
  }

  violations(): Promise<{ kind: string; detail: string }[]> {
    return this.control('GET', '/violations');
  }

  clearLog(): Promise<unknown> {
    return this.control('DELETE', '/log');
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
  }

  private async control<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(this.controlUrl.replace(/\/$/, '') + path, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }
}
