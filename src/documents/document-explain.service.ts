import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { validationFailed } from '../common/http/validation-failed.js';
import { PlanSourceService, type LookUp } from '../connections/plan-source.service.js';
import { ConnectionsService } from '../connections/connections.service.js';
import { Database } from '../database/database.js';
import type { DocumentRecord } from './document-columns.js';
import { judgeDocument, type DocumentFacts, type ExplainedConnection } from './document-explain.js';
import { DocumentExplainRepository, type Wanted } from './document-explain.repository.js';
import type { DocumentExplanation, ExplainDocumentQuery } from './document-explain.schema.js';
import { toDocument } from './document.mapper.js';

const IN_INDEX = new Set(['live', 'suspect']);

/** Answers why a document is, or is not, in the index. */
@Injectable()
export class DocumentExplainService {
  constructor(
    private readonly database: Database,
    private readonly repository: DocumentExplainRepository,
    private readonly connections: ConnectionsService,
    private readonly source: PlanSourceService,
  ) {}

  /** @throws AppError `connection_not_found`; with `ask` those of a probe */
  async explain(by: ApiKeyIdentity, query: ExplainDocumentQuery): Promise<DocumentExplanation> {
    const { tenant, collection: only } = by;
    const { url, external_id: externalId, connection } = query;
    const wanted = { url, externalId, connection, only };
    const facts = await this.database.inTenant(tenant, (tx) => this.stored(tx, tenant, wanted));
    return toExplanation(query.ask ? await this.asked(tenant, query, facts) : facts);
  }

  private async stored(tx: EntityManager, tenant: string, wanted: Wanted): Promise<DocumentFacts> {
    if (wanted.connection !== undefined) await this.require(tx, tenant, wanted);
    const document =
      (await this.repository.document(tx, tenant, wanted)) ??
      (await this.addressed(tx, tenant, wanted)) ??
      (await this.repository.removed(tx, tenant, wanted)) ??
      null;
    const failure = (await this.repository.failure(tx, tenant, wanted)) ?? null;
    const id = wanted.connection ?? document?.connection_id ?? failure?.connection_id;
    // Documents of a deleted connection have none any more.
    const orphaned = document !== null && document.connection_id === null;
    const connection = orphaned
      ? null
      : ((await this.repository.connection(tx, tenant, wanted.only, id)) ?? null);
    const externalId = document?.external_id ?? wanted.externalId;
    const account = document ?? connection;
    const key = document?.partition_key ?? failure?.partition ?? undefined;
    return {
      document,
      failure,
      connection,
      suppressed:
        externalId !== undefined &&
        account !== null &&
        (await this.repository.isSuppressed(tx, tenant, account, externalId)),
      ...(await this.place(tx, connection, key)),
      word: null,
    };
  }

  /** The document in which an address is cited, or whose part it is by its connector's word. */
  private async addressed(
    tx: EntityManager,
    tenant: string,
    wanted: Wanted,
  ): Promise<DocumentRecord | undefined> {
    const { url, connection, only } = wanted;
    if (url === undefined) return undefined;
    const cited = await this.repository.cited(tx, tenant, wanted);
    if (cited) return cited;
    for (const externalId of this.source.externalIdsOf(url)) {
      const found = await this.repository.document(tx, tenant, { externalId, connection, only });
      if (found) return found;
    }
    return undefined;
  }

  private async place(
    tx: EntityManager,
    connection: ExplainedConnection | null,
    partition: string | undefined,
  ): Promise<Pick<DocumentFacts, 'partition' | 'run'>> {
    if (!connection) return { partition: null, run: null };
    const { id } = connection;
    const lanes = this.source.lanes(connection.provider);
    const known =
      partition === undefined
        ? undefined
        : await this.repository.partition(tx, id, partition, lanes);
    const run = await this.repository.run(tx, id, lanes);
    return { partition: known ?? null, run: run ?? null };
  }

  /** A connection in another collection than a restricted key's is not there for it. */
  private async require(tx: EntityManager, tenant: string, wanted: Wanted): Promise<void> {
    const id = wanted.connection!;
    if (await this.repository.connection(tx, tenant, wanted.only, id)) return;
    throw new AppError('connection_not_found', `There is no connection ${id}.`);
  }

  /** Adds the word of the source, for what is not stored. */
  private async asked(
    tenant: string,
    { external_id: externalId, connection: id }: ExplainDocumentQuery,
    facts: DocumentFacts,
  ): Promise<DocumentFacts> {
    if (externalId === undefined || id === undefined)
      throw validationFailed({
        loc: ['query', 'ask'],
        msg: 'needs external_id and connection',
        type: 'value_error',
      });
    if (facts.document || facts.suppressed) return facts;
    const row = await this.database.inTenant(tenant, (tx) =>
      this.connections.require(tx, tenant, id),
    );
    const partition = facts.failure?.partition ?? '';
    const found = await this.source.lookUp(tenant, row, { externalId, partition });
    return this.withWord(tenant, facts, found);
  }

  private async withWord(
    tenant: string,
    facts: DocumentFacts,
    found: LookUp,
  ): Promise<DocumentFacts> {
    if (found.state === 'failed') {
      const { code, message } = found;
      const fresh = { id: null, stage: 'fetch', attempts: 1, next_at: null, partition: null };
      return { ...facts, failure: facts.failure ?? { ...fresh, code, message } };
    }
    const word = { state: found.state };
    if (found.state !== 'there') return { ...facts, failure: null, word };
    const place = await this.database.inTenant(tenant, (tx) =>
      this.place(tx, facts.connection, found.partition),
    );
    return { ...facts, ...place, word };
  }
}

function toExplanation(facts: DocumentFacts): DocumentExplanation {
  const { document, connection, partition, failure, run } = facts;
  const judgement = judgeDocument(facts);
  return {
    ...judgement,
    in_index: document !== null && IN_INDEX.has(document.state),
    document: document && toDocument(document),
    connection: connection && {
      id: connection.id,
      name: connection.name,
      provider: connection.provider,
      status: connection.status,
      status_reason: connection.status_reason,
    },
    partition: partition && {
      key: partition.key,
      title: partition.title,
      skip_reason: partition.skip_reason,
      complete: partition.complete,
      gap_reason: partition.gap_reason,
    },
    failure: failure && {
      id: failure.id,
      stage: failure.stage,
      code: failure.code,
      message: failure.message,
      attempts: failure.attempts,
      next_at: failure.next_at?.toISOString() ?? null,
    },
    skipped: { ...run?.skipped },
    last_run: run && {
      id: run.id,
      status: run.state,
      finished_at: run.finished_at?.toISOString() ?? null,
    },
  };
}
