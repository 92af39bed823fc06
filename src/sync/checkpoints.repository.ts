import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Checkpoint, LaneDefinition } from '../../connectors/sdk/contract.js';

/** How far one lane of one partition has come in a run. */
export interface LaneState {
  readonly partition: string;
  readonly lane: string;
  readonly title: string;
  readonly seen: Buffer;
  readonly started: boolean;
  readonly finished: boolean;
  /** The listing ended naturally and nothing was swallowed. */
  readonly complete: boolean;
  readonly gapReason: string | null;
}

/** Checkpoints and the completeness ledger; both commit with the page they describe. */
@Injectable()
export class CheckpointsRepository {
  /** The lane's checkpoint, unless an older version of the connector wrote it. */
  async checkpoint(
    tx: EntityManager,
    connection: string,
    partition: string,
    lane: LaneDefinition,
  ): Promise<Checkpoint | null> {
    const rows = await tx.query<{ value: Checkpoint }[]>(
      `select value from checkpoints
       where connection_id = $1 and partition_key = $2 and lane = $3 and schema_version = $4`,
      [connection, partition, lane.name, lane.checkpointVersion],
    );
    return rows[0]?.value ?? null;
  }

  async saveCheckpoint(
    tx: EntityManager,
    connection: string,
    partition: string,
    lane: LaneDefinition,
    value: Checkpoint,
  ): Promise<void> {
    await tx.query(
      `insert into checkpoints (connection_id, partition_key, lane, value, schema_version)
       values ($1, $2, $3, $4, $5)
       on conflict (connection_id, partition_key, lane) do update set value = excluded.value,
         schema_version = excluded.schema_version, updated_at = now()`,
      [connection, partition, lane.name, JSON.stringify(value), lane.checkpointVersion],
    );
  }

  async clearCheckpoint(
    tx: EntityManager,
    connection: string,
    partition: string,
    lane: string,
  ): Promise<void> {
    await tx.query(
      `delete from checkpoints where connection_id = $1 and partition_key = $2 and lane = $3`,
      [connection, partition, lane],
    );
  }

  async lanes(tx: EntityManager, run: string): Promise<LaneState[]> {
    return tx.query<LaneState[]>(
      `select partition_key as partition, lane, title, seen, started, finished, complete,
         gap_reason as "gapReason"
       from run_partitions where run_id = $1 order by partition_key, lane`,
      [run],
    );
  }

  async saveLane(
    tx: EntityManager,
    run: string,
    state: LaneState,
    counts: Record<string, number>,
  ): Promise<void> {
    await tx.query(
      `insert into run_partitions (run_id, partition_key, lane, title, seen, started, finished,
         complete, gap_reason, counts)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       on conflict (run_id, partition_key, lane) do update set title = excluded.title,
         seen = excluded.seen, started = excluded.started, finished = excluded.finished,
         complete = excluded.complete, gap_reason = excluded.gap_reason,
         counts = excluded.counts, updated_at = now()`,
      [
        run,
        state.partition,
        state.lane,
        state.title,
        state.seen,
        state.started,
        state.finished,
        state.complete,
        state.gapReason,
        JSON.stringify(counts),
      ],
    );
  }

  async savePartition(
    tx: EntityManager,
    connection: string,
    partition: { key: string; title: string; skipReason?: string },
  ): Promise<void> {
    await tx.query(
      `insert into partitions (connection_id, key, title, skip_reason) values ($1, $2, $3, $4)
       on conflict (connection_id, key) do update set title = excluded.title,
         skip_reason = excluded.skip_reason, updated_at = now()
       where partitions.title <> excluded.title
         or partitions.skip_reason is distinct from excluded.skip_reason`,
      [connection, partition.key, partition.title, partition.skipReason ?? null],
    );
  }
}
