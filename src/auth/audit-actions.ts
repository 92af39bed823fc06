/** Every act that the audit log knows, with what its entry says; docs/guides/operate.md lists them. */
export const AUDIT_ACTIONS = {
  'tenant.created': 'A tenant was made, with its first key',
  'tenant.deleted': 'A tenant was deleted with everything that it owned; `target` is its name',
  'api_key.created': 'An API key was made; `details` has its name, scopes and collection',
  'api_key.rotated': 'The key that asked was replaced; `target` is the new one',
  'api_key.revoked': 'An API key was revoked',
  'collection.updated': 'The description or the metadata of a collection was changed',
  'collection.renamed': 'A collection was renamed; `details.to` is its new name',
  'collection.deleted': 'A collection was deleted with its memories',
  'collection.connections_deleted': 'Connections were deleted together with their collection',
  'collection.reindex_started': 'New vectors were asked for; `details` has the model and the job',
  'collection.reindex_cancelled':
    'A reindex was cancelled; `details` has its model, null for its own, and the job',
  'connection.created': 'An account of a source was attached',
  'connection.updated': 'Settings were changed; `details.changed` names them, never their values',
  'connection.paused': 'A connection was paused',
  'connection.resumed': 'A connection was resumed',
  'connection.deleted':
    'A connection was deleted; `details.purge` tells whether its documents went',
  'connection.scope_applied':
    'Other partitions are synced; `details` counts those added and removed',
  'deletions.confirmed': 'A held mass deletion was carried out; `details` counts the documents',
  'deletions.rejected': 'A held mass deletion was dismissed; `details` counts the documents',
  'document.deleted': 'A document was taken out for good; `details.purge` tells whether at once',
  'document.restored': 'A deleted document is shown again',
  'memories.forgotten': 'Memories were deleted by a query, which is not noted',
  'memories.deduplicated': 'The deletion of duplicates was asked for; `details.job` is its job',
  'memories.archived': 'Memories that were not changed for long were archived',
  'memories.imported': 'An import was started, after all of its body was found usable',
  'account.exported': 'All memories of a tenant were read out',
  'credentials.rotated': 'The stored credentials of a tenant were encrypted anew',
  'encryption.rotation_started': 'Encrypting all credentials anew was asked for; of no one tenant',
  'index.rebuild_started': 'A rebuild of the whole index was asked for; of no one tenant',
  'index.repaired': 'Drift between rows and index was mended; of no one tenant',
  'index.vectors_moved':
    'Vectors were given up to be made in another store, `details.to`; of no one tenant',
  'backup.created': 'A backup was written to the path in `target`; of no one tenant',
  'backup.restored':
    'This database came from the backup in `target`, made at `details.created_at`; what it ' +
    'replaced lies in `details.previous`; of no one tenant',
  'database.moved':
    'Everything was copied from the data directory `details.from` to the PostgreSQL in `target`; ' +
    'noted there, and in the data directory where that can still be written to; of no one tenant',
} as const;

export type AuditAction = keyof typeof AUDIT_ACTIONS;
