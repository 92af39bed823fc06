import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DocumentLifecycle } from '../../remember/document-lifecycle.js';
import type { KnownDocument } from '../../remember/document-row.js';
import { purgeTime } from '../deletions/retention.js';
import type { SyncRun } from '../engine/sync-run.js';
import { FailuresRepository, type FailedItem } from '../failures/failures.repository.js';
import type { PageFindings } from './content-changes.js';
import type { JudgedPage } from './page-judge.js';

/** What a page stores beside documents that are new or edited. */
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
    if (documents.length === 0) return;
    const ids = documents.map((document) => document.id);
    const purgeAt = purgeTime(sync.context.clock.now());
    await this.lifecycle.hide(tx, sync.tenant, ids, 'deleted', purgeAt);
  }

  record(tx: EntityManager, { target }: SyncRun, failures: readonly FailedItem[]): Promise<void> {
    return this.failureRows.record(tx, target.connection, failures);
  }

  async failures(
    tx: EntityManager,
    sync: SyncRun,
    { open, postponed }: JudgedPage,
    { failures, cut, settled }: PageFindings,
  ): Promise<void> {
    const { connection } = sync.target;
    await this.record(tx, sync, failures);
    const failed = new Set([...failures, ...cut.values()].map(({ externalId }) => externalId));
    const resolved = settled.filter((id) => open.has(id) && !failed.has(id));
    await this.failureRows.resolve(tx, connection, resolved);
    await this.failureRows.touch(tx, connection, postponed);
  }
}
