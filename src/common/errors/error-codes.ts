/**
 * Every error code the API can answer, with its HTTP status and what it means. The list is the
 * documentation (docs/guides/errors.md is generated from it); each code is raised in a test.
 */
export const ERROR_CODES = {
  bad_json: { status: 400, meaning: 'The body is not valid JSON.' },
  bad_request: { status: 400, meaning: 'The URL or the body cannot be read.' },
  bad_cursor: { status: 400, meaning: 'The page cursor was not made by this API.' },
  unauthorized: { status: 401, meaning: 'No API key was sent, or it is not known.' },
  key_expired: { status: 401, meaning: 'The API key has expired.' },
  key_revoked: { status: 401, meaning: 'The API key was revoked or rotated.' },
  forbidden: { status: 403, meaning: 'The API key lacks the scope that this route needs.' },
  collection_forbidden: {
    status: 403,
    meaning: 'The API key is restricted to another collection.',
  },
  operator_only: { status: 403, meaning: 'This route needs the operator key.' },
  not_found: { status: 404, meaning: 'There is no such route.' },
  collection_not_found: { status: 404, meaning: 'The tenant has no collection of that name.' },
  memory_not_found: { status: 404, meaning: 'The collection has no memory with that id.' },
  document_not_found: { status: 404, meaning: 'The tenant has no document with that id.' },
  scope_plan_not_found: {
    status: 404,
    meaning: 'The connection has no scope plan with that id, or it is older than a day.',
  },
  connection_not_found: { status: 404, meaning: 'The tenant has no connection with that id.' },
  partition_not_found: {
    status: 404,
    meaning: 'The connection has been listed and has no partition with that key.',
  },
  run_not_found: { status: 404, meaning: 'The tenant has no run with that id.' },
  failure_not_found: { status: 404, meaning: 'The tenant has no failure with that id.' },
  job_not_found: { status: 404, meaning: 'The tenant has no job with that id.' },
  api_key_not_found: { status: 404, meaning: 'The tenant has no API key with that id.' },
  provider_not_found: { status: 404, meaning: 'No connector is registered for that provider.' },
  tenant_not_found: { status: 404, meaning: 'There is no tenant with that id.' },
  collection_exists: { status: 409, meaning: 'The tenant has a collection of that name already.' },
  collection_has_connections: {
    status: 409,
    meaning: 'Connections write to this collection; delete them first or pass cascade=true.',
  },
  connection_exists: {
    status: 409,
    meaning: 'The tenant has a connection to that account in that collection already.',
  },
  connection_paused: { status: 409, meaning: 'The connection is paused; resume it first.' },
  idempotency_in_progress: {
    status: 409,
    meaning: 'A request with the same Idempotency-Key is still running.',
  },
  idempotency_not_replayable: {
    status: 409,
    meaning: 'That request was done before; its answer held a secret that is shown only once.',
  },
  connection_busy: {
    status: 409,
    meaning:
      'A run of the connection did not stop in time, or it is being deleted or resumed by another request; the message says what to do.',
  },
  document_not_deleted: {
    status: 409,
    meaning: 'Only a deleted document can be restored, until its purge time.',
  },
  scope_plan_outdated: {
    status: 409,
    meaning: 'The scope change would do something else than what was agreed to; plan it again.',
  },
  scope_needs_confirmation: {
    status: 409,
    meaning: 'The scope change hides so many documents that it needs confirm=true.',
  },
  embedding_model_differs: {
    status: 409,
    meaning:
      'The embedding model of the collection is not configured: name it in TRIBUTARY_EMBEDDING_MODELS, or reindex the collection.',
  },
  memory_is_synced: {
    status: 409,
    meaning:
      'Text, metadata and collection of a synced memory belong to its source and cannot be changed.',
  },
  credentials_unreadable: {
    status: 409,
    meaning: 'Stored credentials cannot be decrypted; give the connection its credentials again.',
  },
  model_not_configured: {
    status: 422,
    meaning:
      'A reindex asks for a model that is neither in TRIBUTARY_EMBEDDING_MODEL nor in TRIBUTARY_EMBEDDING_MODELS.',
  },
  reindex_under_way: {
    status: 409,
    meaning: 'The collection is being reindexed for another model; wait for it or cancel its job.',
  },
  job_not_cancellable: {
    status: 409,
    meaning: 'The job has ended, or is of a kind that cannot be cancelled.',
  },
  no_held_deletions: {
    status: 409,
    meaning:
      'The connection holds no deletions to settle, or a run has not decided yet which they are.',
  },
  run_finished: { status: 409, meaning: 'The run has ended and cannot be cancelled.' },
  body_too_large: { status: 413, meaning: 'The body is larger than the route allows.' },
  unsupported_encoding: {
    status: 415,
    meaning: 'The Content-Encoding of the body is neither identity nor gzip.',
  },
  embedding_refused: {
    status: 422,
    meaning:
      'The embedding endpoint works and refuses this text; nothing of the request is stored.',
  },
  validation_failed: { status: 422, meaning: 'The request does not match the schema.' },
  idempotency_mismatch: {
    status: 422,
    meaning: 'The Idempotency-Key was used before with another request.',
  },
  invalid_config: { status: 422, meaning: 'The connection configuration is not usable.' },
  path_not_allowed: { status: 422, meaning: 'The path lies outside TRIBUTARY_FILES_ROOTS.' },
  probe_failed: {
    status: 422,
    meaning:
      'The source refused a check that the connector needs, or the path is not a readable folder.',
  },
  rate_limited: { status: 429, meaning: 'The request limit of the plan is used up.' },
  internal_error: { status: 500, meaning: 'An unexpected failure; the log has the request id.' },
  database_busy: {
    status: 503,
    meaning:
      'The request waited over 5 s for the database, or for others that changed the same rows.',
  },
  database_unavailable: { status: 503, meaning: 'The database cannot be reached.' },
  migrations_pending: {
    status: 503,
    meaning: 'TRIBUTARY_MIGRATE=never and the database lacks migrations; run `tributary migrate`.',
  },
  schema_incomplete: {
    status: 500,
    meaning:
      'The database lacks a part of what its migrations made, as after a restore that failed; ' +
      'restore into an empty one. Where policies alone are missing, run `tributary migrate`.',
  },
  disk_full: {
    status: 503,
    meaning:
      'The disk of the data directory, or of the database, is full. An embedded database then ' +
      'answers no search either, until there is room again; what it has acknowledged stays.',
  },
  index_unavailable: {
    status: 503,
    meaning: 'The vector index (Qdrant) cannot be reached, or is being made again from the rows.',
  },
  index_behind: {
    status: 503,
    meaning: 'So many memories wait to be indexed that no more are taken.',
  },
  source_unavailable: {
    status: 503,
    meaning:
      'The source does not answer in time, asks to wait, or has errors of its own; try again later.',
  },
  embedder_unavailable: { status: 503, meaning: 'The embedding model cannot be reached.' },
  shutting_down: { status: 503, meaning: 'The server is stopping.' },
  data_directory_in_use: { status: 503, meaning: 'Another process owns the data directory.' },
  encryption_not_configured: {
    status: 501,
    meaning: 'The connector needs credentials and the server has no TRIBUTARY_ENCRYPTION_KEYS.',
  },
  encryption_keys_invalid: { status: 500, meaning: 'The key ring cannot be read.' },
  encryption_key_missing: {
    status: 500,
    meaning: 'Stored credentials need a key that is not in the key ring.',
  },
  encryption_key_file_exposed: {
    status: 500,
    meaning: 'Others than its owner may read the key file of the data directory.',
  },
  configuration_invalid: { status: 500, meaning: 'An environment variable has a wrong value.' },
  model_unusable: { status: 500, meaning: 'The embedding model cannot be loaded.' },
  backup_failed: { status: 500, meaning: 'The backup could not be written or read.' },
} as const satisfies Record<string, { status: number; meaning: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;
