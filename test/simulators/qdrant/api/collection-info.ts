import type { Schemas } from '@qdrant/js-client-rest';
import type { Collection } from '../engine/collection.js';
import { valuesAt } from '../engine/payload.js';

/** As the server writes it, with its defaults (config/config.yaml of v1.18.3). */
export function collectionInfo(collection: Collection): Schemas['CollectionInfo'] {
  const { settings, size, queue } = collection;
  return {
    status: queue.length > 0 ? 'yellow' : 'green',
    optimizer_status: 'ok',
    // No graph is ever built: the double searches exactly.
    indexed_vectors_count: 0,
    points_count: size,
    segments_count: 1,
    config: {
      params: {
        vectors: settings.vectors ?? {},
        ...(settings.sparse_vectors != null && { sparse_vectors: settings.sparse_vectors }),
        shard_number: settings.shard_number ?? 1,
        replication_factor: settings.replication_factor ?? 1,
        write_consistency_factor: settings.write_consistency_factor ?? 1,
        on_disk_payload: settings.on_disk_payload ?? true,
      },
      hnsw_config: {
        ef_construct: 100,
        full_scan_threshold: 10_000,
        max_indexing_threads: 0,
        on_disk: false,
        ...given(settings.hnsw_config),
        m: settings.hnsw_config?.m ?? 16,
      },
      optimizer_config: {
        deleted_threshold: 0.2,
        vacuum_min_vector_number: 1000,
        max_segment_size: null,
        memmap_threshold: null,
        indexing_threshold: 10_000,
        max_optimization_threads: null,
        ...given(settings.optimizers_config),
        default_segment_number: settings.optimizers_config?.default_segment_number ?? 0,
        flush_interval_sec: settings.optimizers_config?.flush_interval_sec ?? 5,
      },
      wal_config: {
        wal_retain_closed: settings.wal_config?.wal_retain_closed ?? 1,
        wal_capacity_mb: settings.wal_config?.wal_capacity_mb ?? 32,
        wal_segments_ahead: settings.wal_config?.wal_segments_ahead ?? 0,
      },
      quantization_config: null,
      ...(settings.strict_mode_config != null && {
        strict_mode_config: strictModeOutput(settings.strict_mode_config),
      }),
      ...(settings.metadata != null && { metadata: settings.metadata }),
    },
    payload_schema: Object.fromEntries(
      [...collection.indexes].map(([key, params]) => [
        key,
        { data_type: params.type, params, points: indexedPoints(collection, key) },
      ]),
    ),
    update_queue: { length: queue.length },
  };
}

function strictModeOutput(
  config: NonNullable<Collection['settings']['strict_mode_config']>,
): Schemas['StrictModeConfigOutput'] {
  const { multivector_config: _multi, sparse_config: _sparse, ...rest } = config;
  return given(rest);
}

function indexedPoints(collection: Collection, key: string): number {
  return collection.inOrder().filter(({ payload }) => valuesAt(payload, key).length > 0).length;
}

function given(values: object | null | undefined): Record<string, never> {
  const entries = Object.entries(values ?? {}).filter(([, value]) => value != null);
  return Object.fromEntries(entries) as Record<string, never>;
}
