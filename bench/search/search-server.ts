import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from '../../src/app.module.js';
import { readConfig } from '../../src/config/config.js';
import { Database } from '../../src/database/database.js';
import { APP_OPTIONS, configureHttp, stopServer, urlOf } from '../../src/http.js';
import { BootstrapService } from '../../src/tenants/bootstrap.service.js';

/**
 * The product as `startServer` runs it, with its parts in reach: service, bare SQL and HTTP are
 * measured in one process over one pool.
 */
export class SearchServer {
  private constructor(
    private readonly app: NestExpressApplication,
    private readonly apiKey: string,
    readonly tenant: string,
  ) {}

  /** @param env of an empty database */
  static async start(env: Record<string, string>): Promise<SearchServer> {
    const config = readConfig({ ...env, TRIBUTARY_LOG_LEVEL: 'error' });
    const app = await NestFactory.create<NestExpressApplication>(AppModule.forConfig(config), {
      ...APP_OPTIONS,
      logger: ['error', 'fatal'],
    });
    configureHttp(app);
    await app.init();
    const { apiKey } = await app.get(BootstrapService).ensure();
    if (apiKey === undefined) throw new Error('this bench needs an empty database');
    await app.listen(0, '127.0.0.1');
    const [tenant] = await app
      .get(Database)
      .asSystem((tx) => tx.query<{ id: string }[]>(`select id from tenants`));
    return new SearchServer(app, apiKey, tenant!.id);
  }

  /** A part of the product, whichever module it belongs to. */
  get: INestApplicationContext['get'] = (token: never) => this.app.get(token, { strict: false });

  async post<T>(path: string, body: unknown): Promise<T> {
    const response = await fetch(urlOf(this.app) + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  stop(): Promise<void> {
    return stopServer(this.app);
  }
}
