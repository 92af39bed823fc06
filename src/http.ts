import type { AddressInfo } from 'node:net';
import type { LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { SwaggerModule } from '@nestjs/swagger';
import helmet from 'helmet';
import { AppModule } from './app.module.js';
import { LocalAccessService } from './cli/local/local-access.service.js';
import { CLOCK, type Clock } from './common/clock.js';
import { accessLog } from './common/http/access-log.js';
import { JsonLogger } from './common/http/json-logger.js';
import { Lifecycle } from './common/http/lifecycle.js';
import { openApiDocument } from './common/http/openapi.js';
import { productVersion } from './common/http/product-version.js';
import { refuseWhenStopping } from './common/http/refuse-when-stopping.js';
import { requestId } from './common/http/request-id.js';
import { IDS, type Ids } from './common/ids.js';
import type { Config } from './config/config.js';
import { Database } from './database/database.js';
import { measureRequests } from './metrics/measure-requests.js';
import { Metrics } from './metrics/metrics.js';
import { BootstrapService } from './tenants/bootstrap.service.js';

export interface RunningServer {
  /** e.g. `http://127.0.0.1:4700` */
  url: string;
  /**
   * Refuses new requests, ends those under way and the workers, closes the database.
   * @throws what the database could not be closed for, e.g. AppError `database_unavailable`
   */
  close(): Promise<void>;
}

/** Bodies are read by BodyInterceptor, routes found most specific first, and never twice. */
export const APP_OPTIONS = {
  bodyParser: false,
  routeResolutionStrategy: 'specificity',
  routeConflictPolicy: { duplicate: 'error' },
} as const;

export interface StartOptions {
  logger?: LoggerService;
  /** Hears the first tenant's key, if this start makes one, as soon as it is stored. */
  onFirstKey?: (apiKey: string) => void;
}

/** Opens the database, makes the first tenant where there is none, and listens. */
export async function startServer(
  config: Config,
  { logger, onFirstKey }: StartOptions = {},
): Promise<RunningServer> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forConfig(config), {
    ...APP_OPTIONS,
    logger: logger ?? new JsonLogger(config.logLevel),
    abortOnError: false,
  });
  configureHttp(app);
  try {
    await app.init();
    const { apiKey } = await app.get(BootstrapService).ensure();
    // Nothing comes in between: what fails from here on must not cost the only copy of the key.
    if (apiKey !== undefined) onFirstKey?.(apiKey);
    await app.listen(config.port, config.host);
    await app.get(LocalAccessService).announce(urlOf(app));
    return { url: urlOf(app), close: () => closeServer(app) };
  } catch (error) {
    await app.close();
    throw error;
  }
}

/** New requests are refused before the drain of those under way and of the workers begins. */
export async function stopServer(app: NestExpressApplication): Promise<void> {
  app.get(Lifecycle).stop();
  await app.close();
}

/** Nest only logs what a shutdown hook throws; whether the database was closed must be known. */
async function closeServer(app: NestExpressApplication): Promise<void> {
  const database = app.get(Database);
  await stopServer(app);
  await database.close();
}

/** What stands before the routes; also used by tests, on an app of their own making. */
export function configureHttp(app: NestExpressApplication): void {
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(requestId(app.get<Ids>(IDS)));
  app.use(accessLog(app.get<Clock>(CLOCK)));
  app.use(measureRequests(app.get(Metrics)));
  app.use(
    helmet({
      // TLS ends at a proxy, whose choice these are; over plain HTTP they break /docs.
      strictTransportSecurity: false,
      contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
    }),
  );
  app.use(refuseWhenStopping(app.get(Lifecycle)));
  SwaggerModule.setup('docs', app, () => openApiDocument(app, productVersion()), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Tributary API',
  });
}

export function urlOf(app: NestExpressApplication): string {
  const { address, port, family } = app.getHttpServer().address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
