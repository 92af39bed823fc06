import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Page, SourceDocument } from '../../connectors/sdk/contract.js';
import { ItemError } from '../../connectors/sdk/errors.js';
import { BackgroundDatabase } from '../database/background-database.js';
import { RunQueue } from '../runs/run-queue.js';
import { PendingRefsRepository, type PendingRef } from './pending-refs.repository.js';
import type { ListedItems } from './page-judge.js';
import { PageWriter } from './page-writer.js';
import { SingleItems } from './page-source.js';
import type { SyncRun } from './sync-run.js';

const BATCH = 50;

/**
 * Single documents that someone waits for (a retry, an event): they are read at every page
 * boundary, so they never stand behind a backfill; one that stands on a page that is about to be
 * committed is read after it.
 */
@Injectable()
export class PendingRefs {
  constructor(
    private readonly database: BackgroundDatabase,
    private readonly refs: PendingRefsRepository,
    private readonly pages: PageWriter,
    private readonly queue: RunQueue,
  ) {}

  async drain(sync: SyncRun): Promise<void> {
    const { connection } = sync.target;
    for (;;) {
      const due = await this.database.inTenant(sync.tenant, (tx) =>
        this.refs.due(tx, connection, BATCH),
      );
      const free = sync.inFlight.takeFree(due);
      if (free.length === 0) return;
      const page = await this.fetch(sync, free);
      for await (const step of this.pages.prepare(sync, new SingleItems(page)))
        await this.pages.commit(sync, step);
      sync.inFlight.release(free.map(({ externalId }) => externalId));
      await this.database.inTenant(sync.tenant, async (tx: EntityManager) => {
        await this.queue.fence(tx, sync.run);
        await this.refs.remove(tx, connection, free);
      });
    }
  }

  private async fetch(sync: SyncRun, refs: readonly PendingRef[]): Promise<ListedItems> {
    const documents: SourceDocument[] = [];
    const tombstones: string[] = [];
    const failures: Page['failures'][number][] = [];
    for (const ref of refs) {
      sync.signal.throwIfAborted();
      const { externalId } = ref;
      const partition = ref.partition ?? '';
      try {
        const found = await sync.connector.fetch(sync.context, {
          externalId,
          partition,
          version: ref.version,
        });
        if ('gone' in found) tombstones.push(externalId);
        else documents.push(found);
      } catch (error) {
        if (!(error instanceof ItemError)) throw error;
        const { code, message } = error;
        const item = { externalId, title: externalId, url: null, partition };
        failures.push({ ...item, stage: 'fetch', code, message });
      }
    }
    return { documents, tombstones, failures, skipped: {} };
  }
}
