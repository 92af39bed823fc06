import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { FleetRepository, type FleetRow } from './fleet.repository.js';
import { scaled, type Sample } from './sampled.js';

export interface Total {
  readonly total: number;
  /** True: counted on a part of a large table and scaled. */
  readonly estimated: boolean;
}

/** How the whole installation stands, over all tenants. */
export interface Fleet extends Pick<FleetRow, 'tenants' | 'runs' | 'connections' | 'lag'> {
  readonly oldestQueuedSeconds: number | null;
  readonly outbox: {
    readonly pending: number;
    readonly oldestSeconds: number | null;
    /** Of the failed one that is tried again first. */
    readonly error: string | null;
  };
  readonly documents: Total;
  readonly memories: Total;
}

@Injectable()
export class FleetService {
  constructor(
    private readonly database: Database,
    private readonly repository: FleetRepository,
  ) {}

  /** One statement; how much of large tables it reads is up to the sample. */
  async look(sample: Sample): Promise<Fleet> {
    return toFleet(await this.database.asSystem((tx) => this.repository.read(tx, sample)));
  }
}

export function toFleet(row: FleetRow): Fleet {
  const { tenants, runs, connections, lag } = row;
  return {
    tenants,
    runs,
    connections,
    lag,
    oldestQueuedSeconds: age(row.oldest_queued),
    outbox: {
      pending: row.outbox,
      oldestSeconds: age(row.oldest_mark),
      error: row.mark_error,
    },
    documents: total(row.documents, row.documents_share),
    memories: total(row.memories, row.memories_share),
  };
}

/** Runs may be due in a moment, and clocks may go back. */
function age(seconds: number | null): number | null {
  return seconds === null ? null : Math.max(0, seconds);
}

function total(counted: number, share: number): Total {
  return { total: scaled(counted, share), estimated: share < 1 };
}
