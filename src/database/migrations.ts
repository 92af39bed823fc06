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
import { AddOperatorViews1763700000120 } from '../../migrations/1763700000120-add-operator-views.js';
import { AddJobProgress1763700000130 } from '../../migrations/1763700000130-add-job-progress.js';
import { AddSkippedPartitions1763700000140 } from '../../migrations/1763700000140-add-skipped-partitions.js';
import { TellPlannerOfConnections1763700000141 } from '../../migrations/1763700000141-tell-planner-of-connections.js';
import { KeepAuditEntries1763700000142 } from '../../migrations/1763700000142-keep-audit-entries.js';
import { AddOutboxWork1763700000111 } from '../../migrations/1763700000111-add-outbox-work.js';
import { AddRowLevelSecurity1763700000110 } from '../../migrations/1763700000110-add-row-level-security.js';
import { CreateVectors1763700000100 } from '../../migrations/pgvector/1763700000100-create-vectors.js';
import { GuardVectors1763700000114 } from '../../migrations/pgvector/1763700000114-guard-vectors.js';
import { CreatePoints1763700000112 } from '../../migrations/qdrant/1763700000112-create-points.js';
import { GuardPoints1763700000113 } from '../../migrations/qdrant/1763700000113-guard-points.js';
import { NameFirstCollections1763700000131 } from '../../migrations/qdrant/1763700000131-name-first-collections.js';
import { NoteBuiltCollections1763700000132 } from '../../migrations/qdrant/1763700000132-note-built-collections.js';

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
  AddRowLevelSecurity1763700000110,
  AddOutboxWork1763700000111,
  AddOperatorViews1763700000120,
  AddJobProgress1763700000130,
  AddSkippedPartitions1763700000140,
  TellPlannerOfConnections1763700000141,
  KeepAuditEntries1763700000142,
];

/** Run only where vectors live in PostgreSQL. */
const pgvector: MigrationClass[] = [CreateVectors1763700000100, GuardVectors1763700000114];

/** Run only where they live in Qdrant. */
const qdrant: MigrationClass[] = [
  CreatePoints1763700000112,
  GuardPoints1763700000113,
  NameFirstCollections1763700000131,
  NoteBuiltCollections1763700000132,
];

export function migrationsFor(vectors: 'postgresql' | 'qdrant'): MigrationClass[] {
  return [...common, ...(vectors === 'postgresql' ? pgvector : qdrant)];
}
