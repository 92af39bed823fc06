import type { MigrationInterface } from 'typeorm';
import { CreateTenants1763700000001 } from '../../migrations/1763700000001-create-tenants.js';
import { CreateCollections1763700000002 } from '../../migrations/1763700000002-create-collections.js';
import { CreateConnections1763700000003 } from '../../migrations/1763700000003-create-connections.js';
import { CreateRuns1763700000004 } from '../../migrations/1763700000004-create-runs.js';
import { CreateMemories1763700000005 } from '../../migrations/1763700000005-create-memories.js';
import { AddCallLayer1763700000101 } from '../../migrations/1763700000101-add-call-layer.js';
import { AddPreviousDataKey1763700000102 } from '../../migrations/1763700000102-add-previous-data-key.js';
import { AddQueueOrder1763700000103 } from '../../migrations/1763700000103-add-queue-order.js';
import { AddScopeAndPlans1763700000105 } from '../../migrations/1763700000105-add-scope-and-plans.js';
import { AddCitations1763700000106 } from '../../migrations/1763700000106-add-citations.js';
import { AddRangesAndVerdicts1763700000104 } from '../../migrations/1763700000104-add-ranges-and-verdicts.js';
import { ScopeSuppressions1763700000107 } from '../../migrations/1763700000107-scope-suppressions.js';
import { AddRunProgress1763700000108 } from '../../migrations/1763700000108-add-run-progress.js';
import { CreateVectors1763700000100 } from '../../migrations/pgvector/1763700000100-create-vectors.js';

type MigrationClass = new () => MigrationInterface;

/** Run in every mode. */
const common: MigrationClass[] = [
  CreateTenants1763700000001,
  CreateCollections1763700000002,
  CreateConnections1763700000003,
  CreateRuns1763700000004,
  CreateMemories1763700000005,
  AddCallLayer1763700000101,
  AddPreviousDataKey1763700000102,
  AddQueueOrder1763700000103,
  AddRangesAndVerdicts1763700000104,
  AddScopeAndPlans1763700000105,
  AddCitations1763700000106,
  ScopeSuppressions1763700000107,
  AddRunProgress1763700000108,
];

/** Run only where vectors live in PostgreSQL. */
const pgvector: MigrationClass[] = [CreateVectors1763700000100];

export function migrationsFor(vectors: 'postgresql' | 'qdrant'): MigrationClass[] {
  return vectors === 'postgresql' ? [...common, ...pgvector] : common;
}
