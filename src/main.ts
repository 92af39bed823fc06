import 'reflect-metadata';
import { JsonLogger } from './common/http/json-logger.js';
import { readConfig } from './config/config.js';
import { startServer } from './http.js';

/** A supervisor kills after 10 s or more; what hangs must not cost the others their clean end. */
const SHUTDOWN_MS = 9000;

const config = readConfig(process.env);
const logger = new JsonLogger(config.logLevel);
const server = await startServer(config, logger);
logger.log({ msg: 'listening', url: server.url, role: config.role });
if (server.apiKey !== undefined) {
  process.stdout.write(`First API key (shown once): ${server.apiKey}\n`);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    logger.log({ msg: 'stopping', signal });
    setTimeout(() => {
      logger.error('the shutdown took too long and was cut short');
      process.exit(1);
    }, SHUTDOWN_MS).unref();
    server.close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ msg: 'the shutdown failed', err: error });
        process.exit(1);
      },
    );
  });
}
