import { Inject, Injectable } from '@nestjs/common';
import type { Partition, PartlyRead } from '../../connectors/sdk/contract.js';
import { CLOCK, type Clock } from '../common/clock.js';
import { IDS, type Ids } from '../common/ids.js';
import { Database } from '../database/database.js';
import { fromStored, mergeRanges } from '../sync/engine/proven-ranges.js';
import { ConnectionsService } from './connections.service.js';
import { PlanSourceService } from './plan-source.service.js';
import { planTime } from './plan.js';
import { PlanRepository, type KnownPartition } from './plan.repository.js';
import type { PlanAnswer } from './plan.schema.js';

type PlannedPartition = PlanAnswer['partitions'][number];

/** Says what a backfill takes and when it ends, before it starts or while it goes on. */
@Injectable()
export class PlanService {
  constructor(
    private readonly database: Database,
    private readonly connections: ConnectionsService,
    private readonly plans: PlanRepository,
    private readonly source: PlanSourceService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  /** @throws AppError `connection_not_found` and those of a probe */
  async plan(tenant: string, id: string): Promise<PlanAnswer> {
    const row = await this.database.inTenant(tenant, (tx) =>
      this.connections.require(tx, tenant, id),
    );
    const since = this.clock.now();
    const { partitions } = await this.source.listing(tenant, row, since);
    const lanes = this.source.lanes(row.provider);
    const { known, apiCalls, active } = await this.database.inTenant(tenant, async (tx) => ({
      known: await this.plans.partitions(tx, tenant, id, lanes),
      apiCalls: await this.plans.apiCalls(tx, tenant, id),
      active: await this.plans.activeRun(tx, tenant, id),
    }));
    const listed = joined(partitions, known);
    const toRead = partlyRead(partitions, known).filter((_, at) => isToRead(listed[at]!));
    const estimates =
      partitions.length > 0 && toRead.length === 0
        ? []
        : await this.source.estimate(tenant, row, toRead, since);
    const now = this.clock.now();
    const time = planTime(estimates, now);
    const planId = this.ids.next();
    const body = { ...time, run: active?.id ?? null, run_calls: active?.calls ?? 0 };
    await this.database.inTenant(tenant, (tx) =>
      this.plans.save(tx, { id: planId, connection: id, kind: 'backfill', body, at: now }),
    );
    return {
      plan_id: planId,
      connection_id: id,
      made_at: now.toISOString(),
      ...time,
      documents_expected: expectedOf(listed),
      done: {
        documents: listed.reduce((sum, { documents }) => sum + documents, 0),
        partitions: listed.filter(({ complete }) => complete).length,
        api_calls: apiCalls,
      },
      partitions: listed,
    };
  }
}

function joined(
  partitions: readonly Partition[],
  known: readonly KnownPartition[],
): PlannedPartition[] {
  const byKey = new Map(known.map((one) => [one.key, one]));
  return partitions.map(({ key, title, skipReason }) => {
    const { documents = 0, expected = null, complete = false } = byKey.get(key) ?? {};
    return { key, title, skip_reason: skipReason ?? null, documents, expected, complete };
  });
}

function partlyRead(
  partitions: readonly Partition[],
  known: readonly KnownPartition[],
): PartlyRead[] {
  const rangesOf = new Map(known.map(({ key, ranges }) => [key, ranges]));
  return partitions.map((partition) => {
    const read = mergeRanges(fromStored(rangesOf.get(partition.key) ?? []));
    return { ...partition, read };
  });
}

function isToRead({ skip_reason, complete }: PlannedPartition): boolean {
  return skip_reason === null && !complete;
}

/** A sum only if every partition has a number: a part of it would look like the whole. */
function expectedOf(partitions: readonly PlannedPartition[]): number | null {
  const read = partitions.filter(({ skip_reason }) => skip_reason === null);
  const numbers = read.flatMap(({ expected, complete, documents }) => {
    if (expected !== null) return [Math.max(expected, documents)];
    return complete ? [documents] : [];
  });
  if (numbers.length < read.length || read.length === 0) return null;
  return numbers.reduce((sum, n) => sum + n, 0);
}
