import { getPriority, setPriority } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { AppError } from './common/errors/app-error.js';
import { CliError } from './cli/cli-error.js';
import { EXIT } from './cli/exit-codes.js';
import { JsonLogger } from './common/http/json-logger.js';
import { sentence } from './common/sentence.js';
import { readConfig, type Config } from './config/config.js';
import { startServer, type RunningServer } from './http.js';

/** A supervisor kills after 10 s or more; what hangs must not cost the others their clean end. */
const SHUTDOWN_MS = 9000;

/**
 * By how much the heap may outgrow what is alive before it is marked again. Left to itself, V8
 * lets it grow about fourfold while a sync allocates: twice costs little time, and the backfill of
 * 100,000 Slack messages peaks at about 370 MB instead of 540.
 */
const HEAP_GROWTH = '--heap-growing-percent=100';

/** A third of the share of a core that others get (https://man7.org/linux/man-pages/man7/sched.7.html). */
const WORKER_NICENESS = 5;

/**
 * Runs the server in this process until a signal ends it, also one that comes while it starts:
 * with 0, or with 1 when the shutdown failed. Resolves once it listens.
 * @throws AppError, CliError `port_in_use`, and what the system says: it could not start
 */
export async function runServer(environment: NodeJS.ProcessEnv): Promise<void> {
  setFlagsFromString(HEAP_GROWTH);
  const config = readConfig(environment);
  if (config.role === 'worker') giveWay();
  const logger = new JsonLogger(config.logLevel);
  const starting = startServer(config, { logger, onFirstKey: showFirstKey });
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      if (stopping) return;
      stopping = true;
      logger.log({ msg: 'stopping', signal });
      stop(starting, logger);
    });
  }
  const server = await starting.catch((error: unknown) => {
    throw explained(error, config);
  });
  if (!stopping) logger.log({ msg: 'listening', url: server.url, role: config.role });
}

/** Where searches run on the same cores, they come before syncs. */
function giveWay(): void {
  // A process must not raise itself above what it was started with.
  if (getPriority() < WORKER_NICENESS) setPriority(WORKER_NICENESS);
}

function showFirstKey(apiKey: string): void {
  process.stdout.write(`First API key (shown once): ${apiKey}\n`);
}

/** A start under way ends first; what it fails with, whoever has begun it says. */
function stop(starting: Promise<RunningServer>, logger: JsonLogger): void {
  setTimeout(() => {
    logger.error('the shutdown took too long and was cut short');
    process.exit(1);
  }, SHUTDOWN_MS).unref();
  const close = async (server: RunningServer) => {
    try {
      await server.close();
      process.exit(0);
    } catch (error) {
      logger.error({ msg: 'the shutdown failed', err: error });
      process.exit(1);
    }
  };
  starting.then(close, () => undefined);
}

function explained(error: unknown, { host, port, databaseUrl }: Config): unknown {
  const { code, cause } = error as NodeJS.ErrnoException;
  if (error instanceof AppError && code === 'database_unavailable' && databaseUrl) {
    // Answers of a server do not tell where its database is.
    const { message } = cause instanceof Error ? cause : error;
    const at = new URL(databaseUrl.reveal()).host;
    // A URL that names a socket has no host.
    const database = at === '' ? 'The database' : `The database at ${at}`;
    return new AppError(code, `${database} cannot be reached: ${sentence(message)}`);
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new AppError('configuration_invalid', `HOST: ${host} is no address of this machine`);
  if (code !== 'EADDRINUSE') return error;
  const message = `port ${port} of ${host} is in use; set PORT to another one`;
  return new CliError('port_in_use', message, EXIT.failure);
}
