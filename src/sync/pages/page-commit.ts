import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DocumentLifecycle } from '../../remember/document-lifecycle.js';
import type { KnownDocument } from '../../remember/document-row.js';
import { purgeTime } from '../deletions/retention.js';
import type { SyncRun } from '../engine/sync-run.js';
import { FailuresRepository } from '../failures/failures.repository.js';
import type { PageFindings } from './content-changes.js';
import type { JudgedPage } from './page-judge.js';

/** What commits together with a page's last rows. */
@Injectable()
export class PageCommit {
  constructor(
    private readonly failureRows: FailuresRepository,
    private readonly lifecycle: DocumentLifecycle,
  ) {}

  async tombstones(
    tx: EntityManager,
    sync: SyncRun,
    documents: readonly KnownDocument[],
  ): Promise<void> {
    const ids = documents.map((document) => document.id);
    const purgeAt = purgeTime(sync.context.clock.now());
    await this.lifecycle.hide(tx, sync.tenant, ids, 'deleted', purgeAt);
  }

  async failures(
    tx: EntityManager,
    sync: SyncRun,
    { open, postponed }: JudgedPage,
    { failures, read }: PageFindings,
  ): Promise<void> {
    const { connection } = sync.target;
    await this.failureRows.record(tx, connection, failures);
    const resolved = read.filter((externalId) => open.has(externalId));
    await this.failureRows.resolve(tx, connection, resolved);
    await this.failureRows.touch(tx, connection, postponed);
  }
}
