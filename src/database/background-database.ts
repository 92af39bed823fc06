import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database, type BatchSizes } from './database.js';

type Work<T> = (tx: EntityManager) => Promise<T>;

/** The database as background work uses it: people's requests go first, and waiting has no end. */
@Injectable()
export class BackgroundDatabase implements BatchSizes {
  constructor(private readonly database: Database) {}

  get writeBatch(): number {
    return this.database.writeBatch;
  }

  get lightBatch(): number {
    return this.database.lightBatch;
  }

  get mode(): 'embedded' | 'server' {
    return this.database.mode;
  }

  get hasRoomToWait(): boolean {
    return this.database.hasRoomToWait;
  }

  inTenant<T>(tenant: string, work: Work<T>): Promise<T> {
    return this.database.inTenant(tenant, work, { priority: 'background' });
  }

  asSystem<T>(work: Work<T>): Promise<T> {
    return this.database.asSystem(work, { priority: 'background' });
  }
}
