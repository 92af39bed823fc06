import type { AuditAction } from '../../src/auth/audit-actions.js';
import type { OperationSample, Owner } from './operation-samples.js';

/** An operation that leaves an entry in the audit log, and how to bring that about. */
export interface AuditedOperation {
  action: AuditAction;
  /** Who may ask for it: an `admin` key of the owner unless given. */
  by?: 'operator' | 'command line';
  /** In place of what operation-samples.ts has. */
  sample?: OperationSample;
  /** SQL beforehand, with the owner's ids. */
  arrange?: (owner: Owner) => string;
}

const of = (kind: string, owner: Owner): string => `'${owner.ids[kind]!}'`;
const heldDocument = (owner: Owner): string =>
  `with held as (
     update runs set held_deletions = '{"count": 1, "partitions": ["."], "since": "2026-01-01"}'
     where connection_id = (select connection_id from documents where id = ${of('document', owner)}))
   update documents set state = 'suspect', verdict = 'gone' where id = ${of('document', owner)}`;
const whole: OperationSample = { query: '' };

/** Administrative acts. A new operation belongs here or below; the test fails until it is. */
export const AUDITED: Record<string, AuditedOperation> = {
  createApiKey: { action: 'api_key.created' },
  revokeApiKey: { action: 'api_key.revoked' },
  rotateKey: { action: 'api_key.rotated' },
  deleteAccount: { action: 'tenant.deleted' },
  createTenant: { action: 'tenant.created', by: 'operator' },
  rotateEncryption: { action: 'encryption.rotation_started', by: 'operator' },
  rotateLocalEncryption: { action: 'encryption.rotation_started', by: 'command line' },
  rebuildIndex: { action: 'index.rebuild_started', by: 'operator' },
  rebuildLocalIndex: { action: 'index.rebuild_started', by: 'command line' },
  checkIndex: {
    action: 'index.repaired',
    by: 'operator',
    sample: { body: () => ({ repair: true }) },
  },
  checkLocalIndex: {
    action: 'index.repaired',
    by: 'command line',
    sample: { body: () => ({ repair: true }) },
  },
  createBackup: { action: 'backup.created', by: 'command line' },
  updateCollection: { action: 'collection.updated' },
  deleteCollection: {
    action: 'collection.deleted',
    sample: whole,
    arrange: (owner) => `delete from connections where id = ${of('connection', owner)}`,
  },
  reindexCollection: { action: 'collection.reindex_started', sample: { body: () => ({}) } },
  cancelJob: {
    action: 'collection.reindex_cancelled',
    arrange: (owner) =>
      `update jobs set kind = 'reindex', state = 'running', lease_token = jobs.id,
         lease_until = now() + interval '1 hour', params = jsonb_build_object('collection', c.name,
           'collection_id', c.id, 'model', null)
       from collections c where jobs.id = ${of('job', owner)} and c.tenant_id = jobs.tenant_id`,
  },
  createConnection: { action: 'connection.created' },
  updateConnection: { action: 'connection.updated' },
  deleteConnection: { action: 'connection.deleted' },
  pauseConnection: { action: 'connection.paused' },
  resumeConnection: { action: 'connection.resumed' },
  applyScope: { action: 'connection.scope_applied' },
  confirmDeletions: { action: 'deletions.confirmed', arrange: heldDocument },
  rejectDeletions: { action: 'deletions.rejected', arrange: heldDocument },
  deleteDocument: { action: 'document.deleted' },
  restoreDocument: {
    action: 'document.restored',
    arrange: (owner) =>
      `update documents set state = 'deleted', purge_at = now() + interval '1 day'
       where id = ${of('document', owner)}`,
  },
  forgetMemories: { action: 'memories.forgotten' },
  dedupMemories: { action: 'memories.deduplicated' },
  archiveStaleMemories: { action: 'memories.archived' },
  importMemories: { action: 'memories.imported' },
};

/** Reads that take everything along. */
export const AUDITED_READS: Record<string, AuditedOperation> = {
  exportAccount: { action: 'account.exported' },
};

/** Everyday work and questions, with the reason why the audit log leaves them out. */
export const NOT_AUDITED: Record<string, string> = {
  createCollection: 'made by the first write to it as well; nothing is lost or opened by it',
  addMemory: 'everyday writing; the memory itself says when and from where',
  addMemories: 'everyday writing; the memory itself says when and from where',
  updateMemory: 'everyday writing of one memory',
  deleteMemory: 'everyday writing of one memory; deletion of many is audited',
  moveMemory: 'everyday writing of one memory',
  pinMemory: 'everyday writing of one memory',
  archiveMemory: 'everyday writing of one memory',
  searchMemories: 'a question',
  searchAllMemories: 'a question',
  composeContext: 'a question',
  probeConnection: 'a question to the source',
  planConnection: 'a question to the source',
  dryRunConnection: 'a question to the source; nothing is stored',
  planScope: 'a question to the source; applying it is audited',
  syncConnection: 'everyday work, of which the run keeps the history',
  cancelConnection: 'everyday work, of which the run keeps the history',
  cancelRun: 'everyday work, of which the run keeps the history',
  retryFailure: 'everyday work, of which the run keeps the history',
};
