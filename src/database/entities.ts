import { ApiKey } from '../auth/api-key.entity.js';
import { AuditEntry } from '../auth/audit-entry.entity.js';
import { Collection } from '../collections/collection.entity.js';
import { EmbeddingSpace } from '../collections/embedding-space.entity.js';
import { IdempotencyKey } from '../common/http/idempotency/idempotency-key.entity.js';
import { Document } from '../documents/document.entity.js';
import { Job } from '../jobs/job.entity.js';
import { Edge } from '../memories/edge.entity.js';
import { Memory } from '../memories/memory.entity.js';
import { Tenant } from '../tenants/tenant.entity.js';

/** Every entity class; TypeORM finds none by itself. */
export const entities: (new () => object)[] = [
  ApiKey,
  AuditEntry,
  Collection,
  Document,
  Edge,
  EmbeddingSpace,
  IdempotencyKey,
  Job,
  Memory,
  Tenant,
];
