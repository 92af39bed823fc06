import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../../src/common/compiled.js';
import { endsWithUs } from './orphans.js';

export const API_KEY = 'mv_chaos_key_of_the_first_tenant';
export const OPERATOR_KEY = 'chaos-operator-key';

const KEPT_LINES = 300;
const PATIENCE_MS = 40_000;

export interface Answer {
  readonly status: number;
  /** Of an error answer. */
  readonly code: string | null;
  readonly retryAfter: string | null;
  readonly body: unknown;
  readonly text: string;
}

export interface Sending {
  readonly body?: unknown;
  readonly idempotencyKey?: string;
  readonly key?: string;
  readonly patienceMs?: number;
}

/** One server process of the fleet, API or worker. */
export class Member {
  private constructor(
    readonly name: string,
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly clockFile: string,
    /** The last lines that it printed. */
    readonly log: readonly string[],
  ) {}

  /** @param folder for what belongs to this process */
  static async start(
    name: string,
    env: Readonly<Record<string, string>>,
    folder: string,
  ): Promise<Member> {
    const clockFile = join(folder, `${name}.clock`);
    const preload = pathToFileURL(join(projectRoot, 'dist/bench/chaos/clock-shift.js')).href;
    const child = endsWithUs(
      spawn(process.execPath, [join(projectRoot, 'dist/src/main.js')], {
        env: {
          ...process.env,
          ...env,
          ...{ NODE_OPTIONS: `--import=${preload}`, CHAOS_CLOCK_FILE: clockFile },
          ...{ PORT: '0', HOST: '127.0.0.1' },
          TRIBUTARY_BOOTSTRAP_API_KEY: API_KEY,
          TRIBUTARY_OPERATOR_KEY: OPERATOR_KEY,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    const lines: string[] = [];
    const url = await new Promise<string>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr])
        createInterface(stream).on('line', (line) => {
          lines.push(line);
          if (lines.length > KEPT_LINES) lines.shift();
          const found = /"msg":"listening","url":"([^"]+)"/.exec(line)?.[1];
          if (found) resolve(found);
        });
      child.once('exit', (code) =>
        reject(new Error(`${name} ended with ${code} before it listened:\n${lines.join('\n')}`)),
      );
    });
    return new Member(name, url, child, clockFile, lines);
  }

  get pid(): number {
    return this.child.pid!;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** @throws when there is no answer, or none in time */
  async send(method: string, path: string, sending: Sending = {}): Promise<Answer> {
    const { body, idempotencyKey, key = API_KEY, patienceMs = PATIENCE_MS } = sending;
    const response = await fetch(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(patienceMs),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    const parsed = isJson ? (JSON.parse(text) as unknown) : null;
    const code = response.ok ? null : ((parsed as { code?: string } | null)?.code ?? null);
    const retryAfter = response.headers.get('retry-after');
    return { status: response.status, code, retryAfter, body: parsed, text };
  }

  /** @throws when it is refused as well */
  async ask<T>(method: string, path: string, sending: Sending = {}): Promise<T> {
    const answer = await this.send(method, path, sending);
    if (answer.status >= 300)
      throw new Error(`${this.name} ${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.body as T;
  }

  /** Sets its clock `ms` ahead of the real one; negative: behind. */
  shiftClock(ms: number): void {
    writeFileSync(this.clockFile, String(ms));
    this.child.kill('SIGUSR2');
  }

  /** As a crash: no handler of the process runs. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (!this.isRunning) return;
    const ended = once(this.child, 'exit');
    this.child.kill(signal);
    await ended;
  }
}
