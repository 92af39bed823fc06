import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../common/errors/app-error.js';
import { Secret } from '../../common/secret.js';
import { readConfig, type Config } from '../../config/config.js';
import { readLock, type LockHolder } from '../../database/embedded/data-directory-lock.js';
import { dataPaths, lostDatabase } from '../../database/embedded/data-directory.js';
import { CliError, interrupted, usageError } from '../cli-error.js';
import type { CliContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { ApiClient } from '../http/api-client.js';
import { TributaryApi } from '../http/tributary-api.js';
import { readLocalKey } from '../local/local-key-file.js';
import { ProgressBoard } from '../output/progress-board.js';
import { requireUrl } from './require-url.js';
import { startEmbeddedServer } from './embedded-server.js';

const PATIENCE_MS = 20_000;
const LOOK_AGAIN_MS = 150;
const PROBE_MS = 3_000;

export interface Needs {
  /** Sync runs must be worked on while the command waits. */
  workers?: boolean;
  /** The command may begin a new data directory; others would only find it empty. */
  mayCreate?: boolean;
  /** The command is for the machine of the data directory and uses its own key. */
  local?: boolean;
}

/** A server to talk to, for as long as a command takes. */
export interface ServerLink {
  readonly api: TributaryApi;
  /** `given` by URL, found `running` on the data directory, or `opened` in this process. */
  readonly origin: 'given' | 'running' | 'opened';
  /** Looks for a server again, after the one on the data directory went away. */
  readonly reconnect: () => Promise<ServerLink>;
  readonly close: () => Promise<void>;
}

/**
 * The server of `--url` or TRIBUTARY_URL, else the one that runs on the data directory, else the
 * directory itself, opened in this process.
 * @throws CliError `api_key_missing`, `server_unreachable`, `data_directory_missing`
 */
export async function reachServer(context: CliContext, needs: Needs): Promise<ServerLink> {
  const { env, options } = context;
  const url = options.url ?? nonEmpty(env['TRIBUTARY_URL']);
  if (url === undefined) return reachDataDirectory(context, needs);
  if (needs.local) {
    throw usageError('this command works on the machine of the data directory, without --url');
  }
  requireUrl(url);
  const key = givenKey(context) ?? (await localKeyFor(url, context));
  if (!key) throw keyMissing(`no API key for ${url}`);
  return link(context, needs, 'given', url, key);
}

async function reachDataDirectory(context: CliContext, needs: Needs): Promise<ServerLink> {
  const config = readConfig(context.env);
  if (config.databaseUrl) {
    throw usageError(
      'DATABASE_URL is set, so this command needs the URL of a server',
      'Start one with "tributary serve" and pass --url and --api-key (TRIBUTARY_URL, TRIBUTARY_API_KEY).',
    );
  }
  const { clock, signal } = context.runtime;
  const { dataDir } = config;
  const givenUp = clock.now().getTime() + PATIENCE_MS;
  for (;;) {
    const holder = await readLock(dataDir, clock);
    if (!holder) {
      const opened = await open(context, needs, config);
      if (opened) return opened;
    } else if (holder.url !== null && (await answers(holder.url, signal))) {
      const key = (needs.local ? null : givenKey(context)) ?? (await readLocalKey(dataDir));
      if (!key) throw keyMissing(`there is no ${join(dataDir, 'cli-key')}`);
      return link(context, needs, 'running', reachable(holder.url), key);
    }
    // It starts or stops just now, or another command was faster.
    if (clock.now().getTime() > givenUp) throw noAnswer(dataDir, holder);
    await clock.sleep(LOOK_AGAIN_MS, signal).catch(() => {
      throw interrupted();
    });
  }
}

/** Null when another process took the directory in the meantime. */
async function open(context: CliContext, needs: Needs, config: Config): Promise<ServerLink | null> {
  const { dataDir } = config;
  const isNew = !existsSync(dataPaths(dataDir).database);
  if (isNew && !needs.mayCreate) throw (await lostDatabase(dataDir)) ?? directoryMissing(dataDir);
  const board = new ProgressBoard(context.terminal, context.runtime.clock);
  if (!context.json && context.terminal.live) {
    const style = context.terminal.noteStyle;
    board.show([style.dim(isNew ? `creating ${dataDir} ...` : `opening ${dataDir} ...`)]);
  }
  try {
    const server = await startEmbeddedServer(
      {
        ...config,
        host: '127.0.0.1',
        port: 0,
        role: needs.workers ? 'all' : 'api',
        logLevel: config.logLevel === 'info' ? 'warn' : config.logLevel,
      },
      join(dataDir, 'logs', 'cli.log'),
    );
    const key = (needs.local ? null : givenKey(context)) ?? (await readLocalKey(dataDir));
    if (key) return link(context, needs, 'opened', server.url, key, () => server.close());
    await server.close();
    throw keyMissing('the data directory has no tenant that the command line could act for');
  } catch (error) {
    if (error instanceof AppError && error.code === 'data_directory_in_use') return null;
    throw error;
  } finally {
    board.clear();
  }
}

function link(
  context: CliContext,
  needs: Needs,
  origin: ServerLink['origin'],
  url: string,
  apiKey: Secret<string>,
  close: () => Promise<void> = () => Promise.resolve(),
): ServerLink {
  const { clock, ids, signal } = context.runtime;
  return {
    api: new TributaryApi(new ApiClient({ url, apiKey, clock, ids, signal })),
    origin,
    reconnect: () => reachServer(context, needs),
    close,
  };
}

function givenKey(context: CliContext): Secret<string> | null {
  const key = context.options.apiKey ?? nonEmpty(context.env['TRIBUTARY_API_KEY']);
  return key === undefined ? null : new Secret(key);
}

/** The key of a server on this machine that was named by its URL. */
async function localKeyFor(url: string, context: CliContext): Promise<Secret<string> | null> {
  const { dataDir } = readConfig(context.env);
  const holder = await readLock(dataDir, context.runtime.clock);
  if (!holder?.url || new URL(reachable(holder.url)).host !== new URL(url).host) return null;
  return readLocalKey(dataDir);
}

async function answers(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const ending = AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]);
    const response = await fetch(`${reachable(url)}/v1/memory/health`, { signal: ending });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** A server that listens on every address is reached at the machine's own. */
export function reachable(url: string): string {
  return url.replace('//0.0.0.0', '//127.0.0.1').replace('//[::]', '//[::1]');
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function keyMissing(why: string): CliError {
  const hint = 'Pass --api-key or set TRIBUTARY_API_KEY.';
  return new CliError('api_key_missing', why, EXIT.auth, hint);
}

export function directoryMissing(dataDir: string): CliError {
  return new CliError(
    'data_directory_missing',
    `there is no Tributary data in ${dataDir}`,
    EXIT.notFound,
    'Begin with "tributary connect files PATH" or "tributary serve", or name another --data-dir or --url.',
  );
}

function noAnswer(dataDir: string, holder: LockHolder | null): CliError {
  const who = holder ? `process ${holder.pid}` : 'another process';
  const where = holder?.url ? ` (${holder.url})` : '';
  return new CliError(
    'data_directory_in_use',
    `${who} owns the data directory ${dataDir} and its server${where} does not answer`,
    EXIT.unavailable,
    'Wait for it, or stop that process.',
  );
}
