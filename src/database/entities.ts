import { ApiKey } from '../auth/api-key.entity.js';
import { AuditEntry } from '../auth/audit-entry.entity.js';
import { Collection } from '../collections/collection.entity.js';
import { EmbeddingSpace } from '../collections/embedding-space.entity.js';
import { IdempotencyKey } from '../common/http/idempotency/idempotency-key.entity.js';
import { Connection } from '../connections/connection.entity.js';
import { ConnectionPlan } from '../connections/plan.entity.js';
import { Credential } from '../credentials/credential.entity.js';
import { Document } from '../documents/document.entity.js';
import { OutboxMark } from '../indexing/outbox/outbox-mark.entity.js';
import { CollectionStat } from '../indexing/statistics/collection-stat.entity.js';
import { TermDelta } from '../indexing/statistics/term-delta.entity.js';
import { TermStat } from '../indexing/statistics/term-stat.entity.js';
import { CachedEmbedding } from '../inference/cached-embedding.entity.js';
import { Job } from '../jobs/job.entity.js';
import { Edge } from '../memories/edge.entity.js';
import { Memory } from '../memories/memory.entity.js';
import { RunAttempt } from '../runs/run-attempt.entity.js';
import { RunPartition } from '../runs/run-partition.entity.js';
import { RunSkippedPartition } from '../runs/run-skipped-partition.entity.js';
import { RunRequest } from '../runs/run-request.entity.js';
import { Run } from '../runs/run.entity.js';
import { CheckpointRow } from '../sync/engine/checkpoint.entity.js';
import { Failure } from '../sync/failures/failure.entity.js';
import { PartitionRow } from '../sync/engine/partition.entity.js';
import { PendingRefRow } from '../sync/pending-refs/pending-ref.entity.js';
import { RateBucket } from '../sync/calls/rate-bucket.entity.js';
import { Suppression } from '../sync/deletions/suppression.entity.js';
import { Tenant } from '../tenants/tenant.entity.js';

/** Every entity class; TypeORM finds none by itself. */
export const entities: (new () => object)[] = [
  ApiKey,
  AuditEntry,
  CachedEmbedding,
  CheckpointRow,
  Collection,
  CollectionStat,
  Connection,
  ConnectionPlan,
  Credential,
  Document,
  Edge,
  EmbeddingSpace,
  Failure,
  IdempotencyKey,
  Job,
  Memory,
  OutboxMark,
  PartitionRow,
  PendingRefRow,
  RateBucket,
  Run,
  RunAttempt,
  RunPartition,
  RunSkippedPartition,
  RunRequest,
  Suppression,
  Tenant,
  TermDelta,
  TermStat,
];
