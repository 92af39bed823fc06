import { rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from '../../common/make-folder.js';
import type { Config } from '../../config/config.js';
import { usingDirectory } from '../../database/embedded/using-directory.js';

const LARGEST_LOG_BYTES = 10_000_000;

export interface EmbeddedServer {
  url: string;
  close: () => Promise<void>;
}

/**
 * Starts the product in this process, so that a command works the same with and without a server.
 * Its log goes to a file: stdout belongs to the command.
 * @throws AppError `configuration_invalid` where the data directory cannot be written to
 */
export async function startEmbeddedServer(
  config: Config,
  logFile: string,
): Promise<EmbeddedServer> {
  // Loaded here, since commands that talk to another server start faster without all of this.
  const [{ startServer }, { JsonLogger }, { pino }] = await Promise.all([
    import('../../http.js'),
    import('../../common/http/json-logger.js'),
    import('pino'),
  ]);
  const destination = await usingDirectory(config.dataDir, async () => {
    await makeFolder(dirname(logFile));
    await rotate(logFile);
    return pino.destination({ dest: logFile, sync: true, mode: 0o600 });
  });
  const server = await startServer(config, {
    logger: new JsonLogger(config.logLevel, destination),
  });
  return { url: server.url, close: () => server.close() };
}

async function rotate(logFile: string): Promise<void> {
  const size = await stat(logFile).then(
    (found) => found.size,
    () => 0,
  );
  // Another process may have done it.
  if (size > LARGEST_LOG_BYTES) await rename(logFile, `${logFile}.1`).catch(unlessMissing);
}

function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
