import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DocumentLifecycle } from '../../remember/document-lifecycle.js';
import type { DocumentRow, KnownDocument } from '../../remember/document-row.js';
import { purgeTime } from '../deletions/retention.js';
import type { SyncRun } from '../engine/sync-run.js';
import { FailuresRepository } from '../failures/failures.repository.js';
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

  /** Of documents that are stored whole now: what was left out of them. */
  cutOff(
    tx: EntityManager,
    { target }: SyncRun,
    documents: readonly DocumentRow[],
    { cut }: PageFindings,
  ): Promise<void> {
    const failures = documents.flatMap(({ id }) => cut.get(id) ?? []);
    return this.failureRows.record(tx, target.connection, failures);
  }

  /** Resolves open failures of documents that were read well and are stored whole now. */
  mended(
    tx: EntityManager,
    { target }: SyncRun,
    documents: readonly DocumentRow[],
    { judged, findings }: { judged: JudgedPage; findings: PageFindings },
  ): Promise<void> {
    const { cut, read, failures } = findings;
    const isWell = ({ id, externalId }: DocumentRow): boolean =>
      read.has(externalId) &&
      !cut.has(id) &&
      !failures.some((failure) => failure.externalId === externalId);
    const open = documents.filter(({ externalId }) => judged.open.has(externalId));
    const resolved = open.filter(isWell).map(({ externalId }) => externalId);
    return this.failureRows.resolve(tx, target.connection, resolved);
  }

  async failures(
    tx: EntityManager,
    sync: SyncRun,
    { open, postponed }: JudgedPage,
    { failures, settled }: PageFindings,
  ): Promise<void> {
    const { connection } = sync.target;
    await this.failureRows.record(tx, connection, failures);
    const failed = new Set(failures.map(({ externalId }) => externalId));
    const resolved = settled.filter((id) => open.has(id) && !failed.has(id));
    await this.failureRows.resolve(tx, connection, resolved);
    await this.failureRows.touch(tx, connection, postponed);
  }
}
