import { join } from 'node:path';
import { AppError } from '../../common/errors/app-error.js';
import type { Secret } from '../../common/secret.js';
import { readConfig } from '../../config/config.js';
import { CliError } from '../cli-error.js';
import type { CliContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { ApiClient } from '../http/api-client.js';
import { TributaryApi } from '../http/tributary-api.js';
import { readLocalKey } from '../local/local-key-file.js';
import { ProgressBoard } from '../output/progress-board.js';
import { startEmbeddedServer, type EmbeddedServer } from '../server/embedded-server.js';
import { DEMO_HOST, DEMO_PORT, isPortInUse, startOnPort } from './demo-port.js';

const DATA_DIR = '.tributary/demo';

export interface DemoServer {
  api: TributaryApi;
  apiKey: Secret<string>;
  dataDir: string;
  logFile: string;
  startedMs: number;
  /** The usual port, if another process has it. */
  portTaken: number | null;
  close: () => Promise<void>;
}

/**
 * An embedded server for the demo alone: whatever the environment says about databases and models,
 * a demo touches its own directory and no network.
 */
export async function startDemoServer(
  context: CliContext,
  folder: string,
  { port, slackApiUrl }: { port: number | undefined; slackApiUrl: string | undefined },
): Promise<DemoServer> {
  const { clock, ids, signal, env } = context.runtime;
  const settings = readConfig({
    ...env,
    DATABASE_URL: undefined,
    QDRANT_URL: undefined,
    TRIBUTARY_EMBEDDING_MODEL: undefined,
    TRIBUTARY_SLACK_API_URL: slackApiUrl,
    TRIBUTARY_DATA_DIR: context.options.dataDir ?? DATA_DIR,
    HOST: DEMO_HOST,
    PORT: undefined,
  });
  const { dataDir } = settings;
  const logFile = join(dataDir, 'logs', 'demo.log');
  const started = performance.now();
  const board = new ProgressBoard(context.terminal, clock);
  if (!context.json && context.terminal.live) {
    board.show([context.terminal.noteStyle.dim(`starting a server in ${dataDir} ...`)]);
  }
  let server: EmbeddedServer | undefined;
  try {
    const filesRoots = [...settings.filesRoots, folder];
    server = await startOnPort(port, (chosen) =>
      startEmbeddedServer({ ...settings, role: 'all', port: chosen, filesRoots }, logFile),
    );
    const apiKey = await readLocalKey(dataDir);
    if (!apiKey) throw new Error(`the server made no key in ${dataDir}`);
    const { url, close } = server;
    const api = new TributaryApi(new ApiClient({ url, apiKey, clock, ids, signal }));
    const startedMs = performance.now() - started;
    const isUsual = port !== undefined || new URL(url).port === `${DEMO_PORT}`;
    return {
      api,
      apiKey,
      dataDir,
      logFile,
      startedMs,
      portTaken: isUsual ? null : DEMO_PORT,
      close,
    };
  } catch (error) {
    await server?.close();
    throw explain(error, port);
  } finally {
    board.clear();
  }
}

function explain(error: unknown, port: number | undefined): unknown {
  if (error instanceof AppError && error.code === 'data_directory_in_use') {
    const [what] = error.message.split('. Stop it');
    const hint = 'End it first (Ctrl-C there), or give this demo another folder with --data-dir.';
    return new CliError(error.code, what ?? error.message, EXIT.unavailable, hint);
  }
  if (port !== undefined && isPortInUse(error)) {
    const hint = 'Name another one, or leave --port away to get a free one.';
    return new CliError('port_in_use', `port ${port} is in use`, EXIT.failure, hint);
  }
  return error;
}
