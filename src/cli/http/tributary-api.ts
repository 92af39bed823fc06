import type { ConnectorHealth, MemoryHealth, Overview } from '../../admin/admin.schema.js';
import type { ApiKeyAnswer, CreateApiKeyBody, CreatedApiKey } from '../../auth/api-keys.schema.js';
import type { AuditEntryAnswer } from '../../auth/audit.schema.js';
import type {
  ConnectionAnswer,
  CreatedConnectionAnswer,
  ProbeAnswer,
  SyncAnswer,
} from '../../connections/connections.schema.js';
import type { EncryptionAnswer } from '../../credentials/encryption.schema.js';
import type { DocumentExplanation } from '../../documents/document-explain.schema.js';
import type {
  DeletedDocument,
  DocumentAnswer,
  DocumentDetailAnswer,
} from '../../documents/documents.schema.js';
import type { Health, Ready } from '../../health/health.schema.js';
import type { IndexState } from '../../indexing/index-admin.schema.js';
import type { JobAnswer } from '../../jobs/jobs.schema.js';
import type { MemoryAnswer } from '../../memories/memories.schema.js';
import type { CollectionAnswer } from '../../collections/collections.schema.js';
import type { IndexCheck } from '../../reindex/index-check.schema.js';
import type { ReindexAnswer } from '../../reindex/reindex.schema.js';
import type { RunExplanation } from '../../runs/run-explain.schema.js';
import type { CancelAnswer, RunAnswer, RunDetailAnswer } from '../../runs/runs.schema.js';
import type { Schedule } from '../../scheduler/schedule.schema.js';
import type { SearchHit } from '../../search/search.schema.js';
import type { SettledAnswer } from '../../sync/deletions/held-deletions.schema.js';
import type { FailureAnswer } from '../../sync/failures/failures.schema.js';
import type { BackupAnswer } from '../local/backups.schema.js';
import { path, type ApiClient, type Query } from './api-client.js';
import { serverEvents, type ServerEvent } from './event-stream.js';

export interface NewConnection {
  provider: string;
  name?: string;
  collection: string;
  config: Record<string, unknown>;
  credentials?: Record<string, string>;
  /** The server's default unless given. */
  schedule?: Schedule | null;
}

/** Two doors to the same: the operator's key, or the key file of the data directory. */
export type EncryptionDoor = 'encryption' | 'local-encryption';
export type IndexDoor = 'index' | 'local-index';

const BASE = '/v1/memory';
/** Copying a large database takes its time, and nothing is sent meanwhile. */
const BACKUP_TIMEOUT_MS = 3_600_000;

/** A request works for seconds, but counting a large collection anew takes longer. */
const CHECK_TIMEOUT_MS = 300_000;
/** So does hiding a large mass of documents, batch by batch. */
const SETTLE_TIMEOUT_MS = 300_000;

/** The routes that the command line uses, by name. */
export class TributaryApi {
  constructor(private readonly http: ApiClient) {}

  get url(): string {
    return this.http.url;
  }

  health(): Promise<Health> {
    return this.http.get(`${BASE}/health`);
  }

  readiness(): Promise<Ready> {
    return this.http.get('/readyz');
  }

  connections(): Promise<ConnectionAnswer[]> {
    return this.http.get(`${BASE}/connections`);
  }

  createConnection(connection: NewConnection): Promise<CreatedConnectionAnswer> {
    return this.http.post(`${BASE}/connections`, connection);
  }

  setSchedule(id: string, schedule: Schedule | null): Promise<ConnectionAnswer> {
    return this.http.patch(path`/v1/memory/connections/${id}`, { schedule });
  }

  setCredentials(id: string, credentials: Record<string, string>): Promise<ConnectionAnswer> {
    return this.http.patch(path`/v1/memory/connections/${id}`, { credentials });
  }

  pause(id: string): Promise<ConnectionAnswer> {
    return this.http.post(path`/v1/memory/connections/${id}/pause`);
  }

  resume(id: string): Promise<ConnectionAnswer> {
    return this.http.post(path`/v1/memory/connections/${id}/resume`);
  }

  probe(id: string): Promise<ProbeAnswer> {
    return this.http.post(path`/v1/memory/connections/${id}/probe`);
  }

  confirmDeletions(id: string): Promise<SettledAnswer> {
    const timeoutMs = SETTLE_TIMEOUT_MS;
    return this.http.post(path`/v1/memory/connections/${id}/deletions/confirm`, undefined, {
      timeoutMs,
    });
  }

  rejectDeletions(id: string): Promise<SettledAnswer> {
    const timeoutMs = SETTLE_TIMEOUT_MS;
    return this.http.post(path`/v1/memory/connections/${id}/deletions/reject`, undefined, {
      timeoutMs,
    });
  }

  deleteConnection(id: string, purge: boolean): Promise<object> {
    return this.http.delete(path`/v1/memory/connections/${id}`, { purge });
  }

  /** Asks for a run and does not wait for it. */
  sync(id: string, options: { full?: boolean; partition?: string }): Promise<SyncAnswer> {
    return this.http.post(path`/v1/memory/connections/${id}/sync`, options, {
      query: { wait: false },
    });
  }

  runs(connection: string, limit: number): Promise<RunAnswer[]> {
    return this.http.get(path`/v1/memory/connections/${connection}/runs`, { limit });
  }

  run(id: string): Promise<RunDetailAnswer> {
    return this.http.get(path`/v1/memory/runs/${id}`);
  }

  explainRun(id: string): Promise<RunExplanation> {
    return this.http.get(path`/v1/memory/runs/${id}/explain`);
  }

  /** Events of a run until its end. */
  runEvents(id: string): AsyncGenerator<ServerEvent> {
    const open = (last: string | null) =>
      this.http.open(path`/v1/memory/runs/${id}/events`, {
        accept: 'text/event-stream',
        ...(last !== null && { 'last-event-id': last }),
      });
    return serverEvents(open, (ms) => this.http.sleep(ms), this.http.signal);
  }

  documents(query: Query): Promise<DocumentAnswer[]> {
    return this.http.get(`${BASE}/documents`, query);
  }

  explainDocument(query: Query): Promise<DocumentExplanation> {
    return this.http.get(`${BASE}/documents/explain`, query);
  }

  deleteDocument(id: string, purge: boolean): Promise<DeletedDocument> {
    return this.http.delete(path`/v1/memory/documents/${id}`, { purge });
  }

  restoreDocument(id: string): Promise<DocumentDetailAnswer> {
    return this.http.post(path`/v1/memory/documents/${id}/restore`);
  }

  cancelRun(id: string): Promise<CancelAnswer> {
    return this.http.post(path`/v1/memory/runs/${id}/cancel`);
  }

  failures(connection: string, limit: number): Promise<FailureAnswer[]> {
    return this.http.get(path`/v1/memory/connections/${connection}/failures`, { limit });
  }

  search(collection: string | undefined, body: Record<string, unknown>): Promise<SearchHit[]> {
    return collection === undefined
      ? this.http.post(`${BASE}/search`, body)
      : this.http.post(path`/v1/memory/collections/${collection}/search`, body);
  }

  memories(collection: string, limit: number, offset = 0): Promise<MemoryAnswer[]> {
    return this.http.get(path`/v1/memory/collections/${collection}/memories`, { limit, offset });
  }

  add(collection: string, memory: Record<string, unknown>): Promise<MemoryAnswer> {
    return this.http.post(path`/v1/memory/collections/${collection}/memories`, memory);
  }

  keys(): Promise<ApiKeyAnswer[]> {
    return this.http.get(`${BASE}/api-keys`, { limit: 200 });
  }

  createKey(body: Partial<CreateApiKeyBody>): Promise<CreatedApiKey> {
    return this.http.post(`${BASE}/api-keys`, body);
  }

  revokeKey(id: string): Promise<object> {
    return this.http.delete(path`/v1/memory/api-keys/${id}`);
  }

  encryption(door: EncryptionDoor): Promise<EncryptionAnswer> {
    return this.http.get(path`/v1/memory/admin/${door}`);
  }

  rotateEncryption(door: EncryptionDoor): Promise<EncryptionAnswer> {
    return this.http.post(path`/v1/memory/admin/${door}/rotate`);
  }

  overview(limit: number): Promise<Overview> {
    return this.http.get(`${BASE}/admin/overview`, { limit });
  }

  connectorHealth(hours: number): Promise<ConnectorHealth[]> {
    return this.http.get(`${BASE}/admin/connector-health`, { hours });
  }

  memoryHealth(): Promise<MemoryHealth> {
    return this.http.get(`${BASE}/admin/memory-health`);
  }

  audit(query: Query): Promise<AuditEntryAnswer[]> {
    return this.http.get(`${BASE}/admin/audit`, query);
  }

  collections(): Promise<CollectionAnswer[]> {
    return this.http.get(`${BASE}/collections`, { limit: 1000 });
  }

  reindex(collection: string, body: { model?: string; dry_run?: boolean }): Promise<ReindexAnswer> {
    return this.http.post(path`/v1/memory/collections/${collection}/reindex`, body);
  }

  job(id: string): Promise<JobAnswer> {
    return this.http.get(path`/v1/memory/jobs/${id}`);
  }

  index(door: IndexDoor): Promise<IndexState> {
    return this.http.get(path`/v1/memory/admin/${door}`);
  }

  rebuildIndex(door: IndexDoor): Promise<IndexState> {
    return this.http.post(path`/v1/memory/admin/${door}/rebuild`);
  }

  checkIndex(door: IndexDoor, body: { repair: boolean; cursor?: string }): Promise<IndexCheck> {
    return this.http.post(path`/v1/memory/admin/${door}/check`, body, {
      timeoutMs: CHECK_TIMEOUT_MS,
    });
  }

  backup(target: string | undefined): Promise<BackupAnswer> {
    return this.http.post(`${BASE}/admin/backups`, { target }, { timeoutMs: BACKUP_TIMEOUT_MS });
  }
}
