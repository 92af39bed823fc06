import type { Clock } from '../common/clock.js';
import type { Ids } from '../common/ids.js';
import type { ExitCode } from './exit-codes.js';
import type { Terminal } from './output/terminal.js';
import { reachServer, type Needs, type ServerLink } from './server/reach-server.js';

/** What the process hands in; tests hand in their own. */
export interface Runtime {
  terminal: Terminal;
  env: NodeJS.ProcessEnv;
  clock: Clock;
  ids: Ids;
  /** Aborts when the user presses Ctrl-C or a supervisor ends the process. */
  signal: AbortSignal;
  readStdin(): Promise<string>;
}

/** The options that every command has. */
export interface GlobalOptions {
  json?: boolean;
  url?: string;
  apiKey?: string;
  dataDir?: string;
}

/** One invocation of one command. */
export class CliContext {
  exitCode: ExitCode = 0;

  constructor(
    readonly runtime: Runtime,
    readonly options: GlobalOptions,
  ) {}

  get terminal(): Terminal {
    return this.runtime.terminal;
  }

  get json(): boolean {
    return this.options.json === true;
  }

  /** The environment, with what the options say instead. */
  get env(): NodeJS.ProcessEnv {
    const { dataDir } = this.options;
    return dataDir === undefined
      ? this.runtime.env
      : { ...this.runtime.env, TRIBUTARY_DATA_DIR: dataDir };
  }

  /** The command's answer: one JSON document with --json, else lines for people. */
  answer(value: unknown, lines: () => readonly string[]): void {
    const shown = this.json ? [JSON.stringify(value, null, 2)] : lines();
    for (const line of shown) this.terminal.out(line);
  }

  /** A remark for people beside the answer. */
  note(line: string): void {
    if (!this.json) this.terminal.note(line);
  }

  /** Works with a server, which is let go of afterwards whatever happens. */
  async withServer<T>(needs: Needs, work: (server: ServerLink) => Promise<T>): Promise<T> {
    const server = await reachServer(this, needs);
    try {
      return await work(server);
    } finally {
      await server.close();
    }
  }
}
