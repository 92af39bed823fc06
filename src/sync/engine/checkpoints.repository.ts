import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Checkpoint, LaneDefinition, Partition } from '../../../connectors/sdk/contract.js';
import { storableJson } from '../../common/storable.js';
import type { LaneCounts } from './lane-ledger.js';
import type { StoredRange } from './proven-ranges.js';

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
  readonly ranges: readonly StoredRange[];
  readonly counts: LaneCounts;
}

/** Checkpoints and the completeness ledger; both commit with the page they describe. */
@Injectable()
export class CheckpointsRepository {
  /** Checkpoints of a connection's lanes, except those that another version wrote. */
  async checkpoints(
    tx: EntityManager,
    connection: string,
    lanes: readonly LaneDefinition[],
  ): Promise<{ partition: string; lane: string; value: Checkpoint }[]> {
    const versions = lanes.map(({ name, checkpointVersion }) => ({ name, checkpointVersion }));
    return tx.query<{ partition: string; lane: string; value: Checkpoint }[]>(
      `select partition_key as partition, lane, value from checkpoints c
       join json_to_recordset($2::json) as l(name text, "checkpointVersion" int)
         on l.name = c.lane and l."checkpointVersion" = c.schema_version
       where connection_id = $1`,
      [connection, JSON.stringify(versions)],
    );
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
      [connection, partition, lane.name, storableJson(value), lane.checkpointVersion],
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
         gap_reason as "gapReason", ranges, counts
       from run_partitions where run_id = $1 order by partition_key, lane`,
      [run],
    );
  }

  async saveLane(tx: EntityManager, run: string, state: LaneState): Promise<void> {
    await tx.query(
      `insert into run_partitions (run_id, partition_key, lane, title, seen, started, finished,
         complete, gap_reason, ranges, counts)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
       on conflict (run_id, partition_key, lane) do update set title = excluded.title,
         seen = excluded.seen, started = excluded.started, finished = excluded.finished,
         complete = excluded.complete, gap_reason = excluded.gap_reason,
         ranges = excluded.ranges, counts = excluded.counts, updated_at = now()`,
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
        JSON.stringify(state.ranges),
        JSON.stringify(state.counts),
      ],
    );
  }

  async savePartitions(
    tx: EntityManager,
    connection: string,
    partitions: readonly Partition[],
  ): Promise<void> {
    await tx.query(
      `insert into partitions (connection_id, key, title, skip_reason)
       select distinct on (r.key) $1::uuid, r.key, r.title, r."skipReason"
       from json_to_recordset($2::json) as r(key text, title text, "skipReason" text)
       on conflict (connection_id, key) do update set title = excluded.title,
         skip_reason = excluded.skip_reason, updated_at = now()
       where partitions.title <> excluded.title
         or partitions.skip_reason is distinct from excluded.skip_reason`,
      [connection, JSON.stringify(partitions)],
    );
  }

  /** What a run leaves out, as its latest attempt found it. */
  async saveSkipped(
    tx: EntityManager,
    run: string,
    partitions: readonly Partition[],
  ): Promise<void> {
    await tx.query(`delete from run_skipped_partitions where run_id = $1`, [run]);
    const skipped = partitions.filter(({ skipReason }) => skipReason !== undefined);
    if (skipped.length === 0) return;
    await tx.query(
      `insert into run_skipped_partitions (run_id, partition_key, title, reason)
       select distinct on (r.key) $1::uuid, r.key, r.title, r."skipReason"
       from json_to_recordset($2::json) as r(key text, title text, "skipReason" text)`,
      [run, JSON.stringify(skipped)],
    );
  }
}
