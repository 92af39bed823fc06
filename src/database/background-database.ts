import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database } from './database.js';

type Work<T> = (tx: EntityManager) => Promise<T>;

/** The database as background work uses it: people's requests go first, and waiting has no end. */
@Injectable()
export class BackgroundDatabase {
  constructor(private readonly database: Database) {}

  /** Chunks per write transaction. */
  get writeBatch(): number {
    return this.database.writeBatch;
  }

  get mode(): 'embedded' | 'server' {
    return this.database.mode;
  }

  inTenant<T>(tenant: string, work: Work<T>): Promise<T> {
    return this.database.inTenant(tenant, work, { priority: 'background' });
  }

  asSystem<T>(work: Work<T>): Promise<T> {
    return this.database.asSystem(work, { priority: 'background' });
  }
}
