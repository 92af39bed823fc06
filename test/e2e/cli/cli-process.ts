import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { projectRoot } from '../../../src/common/compiled.js';
import { PATIENT_SHUTDOWN } from '../../support/patient-shutdown.js';

/** Compiles PGlite only once, for fast starts: none of these processes lives long. */
const QUICK_START = '--liftoff-only';
const COMPILED = join(projectRoot, 'dist', 'src');

export interface CliOptions {
  env?: Record<string, string>;
  cwd?: string;
  /** In place of the command line, e.g. `main.js`, the server. */
  program?: string;
  /** What the command reads from standard input. */
  input?: string;
}

export interface Finished {
  exit: number | null;
  stdout: string;
  stderr: string;
}

/** The compiled command line, or another program, as a process of its own. */
export class CliProcess {
  stdout = '';
  stderr = '';
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly closed: Promise<unknown>;

  constructor(args: readonly string[], options: CliOptions = {}) {
    const { env = {}, cwd, input = '', program = join('cli', 'main.js') } = options;
    const { PATH, HOME } = process.env;
    const node = [QUICK_START, PATIENT_SHUTDOWN];
    this.child = spawn(process.execPath, [...node, join(COMPILED, program), ...args], {
      cwd,
      // Nothing of the environment that the tests run in may change what is tested.
      env: { PATH, HOME, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.child.stdin.end(input);
    this.closed = once(this.child, 'close');
  }

  /** A server on a port of its own, once it listens. */
  static async serve(env: Record<string, string>): Promise<CliProcess> {
    const server = new CliProcess(['serve', '--port', '0'], { env });
    await server.shows('"msg":"listening"');
    return server;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Resolves once the text was written to stdout or stderr. */
  async shows(text: string): Promise<void> {
    const found = (): boolean => this.stdout.includes(text) || this.stderr.includes(text);
    while (!found()) {
      const heard = new AbortController();
      const { signal } = heard;
      const next = [this.child.stdout, this.child.stderr].map((stream) =>
        once(stream, 'data', { signal }).catch(() => 'not waited for any more'),
      );
      const more = await Promise.race([...next, this.closed.then(() => 'closed')]);
      heard.abort();
      if (more === 'closed' && !found()) {
        throw new Error(`ended without "${text}":\n${this.stdout}\n${this.stderr}`);
      }
    }
  }

  /** Sends a signal unless the process has ended. */
  kill(signal: NodeJS.Signals): void {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
  }

  /** As a supervisor does. */
  stop(): Promise<Finished> {
    this.kill('SIGTERM');
    return this.end();
  }

  async end(): Promise<Finished> {
    await this.closed;
    return { exit: this.child.exitCode, stdout: this.stdout, stderr: this.stderr };
  }
}

/** Runs a command to its end. */
export function runCli(args: readonly string[], options?: CliOptions): Promise<Finished> {
  return new CliProcess(args, options).end();
}
