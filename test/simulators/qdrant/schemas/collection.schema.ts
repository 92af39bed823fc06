import type { Schemas } from '@qdrant/js-client-rest';
import { z } from 'zod';
import { notHere, published } from './published.js';

const count = z.int().nonnegative().nullish();
const positive = z.int().min(1).nullish();
const flag = z.boolean().nullish();

const hnswConfig = published<'HnswConfigDiff'>()({
  m: count,
  ef_construct: z.int().min(4).nullish(),
  full_scan_threshold: z.int().min(10).nullish(),
  max_indexing_threads: count,
  on_disk: flag,
  payload_m: count,
  inline_storage: flag,
});

const optimizersConfig = published<'OptimizersConfigDiff'>()({
  deleted_threshold: z.number().min(0).max(1).nullish(),
  vacuum_min_vector_number: z.int().min(100).nullish(),
  default_segment_number: count,
  max_segment_size: positive,
  memmap_threshold: count,
  indexing_threshold: count,
  flush_interval_sec: count,
  max_optimization_threads: count,
  prevent_unoptimized: flag,
});

/** Enforced: the limits of query, batches and upserts, and unindexed filters. Others are kept. */
const strictModeConfig = published<'StrictModeConfig'>()({
  enabled: flag,
  max_query_limit: positive,
  max_timeout: positive,
  unindexed_filtering_retrieve: flag,
  unindexed_filtering_update: flag,
  search_max_hnsw_ef: count,
  search_allow_exact: flag,
  search_max_oversampling: z.number().nullish(),
  upsert_max_batchsize: count,
  search_max_batchsize: count,
  max_collection_vector_size_bytes: count,
  read_rate_limit: positive,
  write_rate_limit: positive,
  max_collection_payload_size_bytes: count,
  max_points_count: positive,
  filter_max_conditions: count,
  condition_max_size: count,
  multivector_config: notHere,
  sparse_config: notHere,
  max_payload_index_count: count,
  max_resident_memory_percent: z.int().min(1).max(100).nullish(),
});
export type StrictMode = z.output<typeof strictModeConfig>;

const vectorParams = published<'VectorParams'>()({
  size: z.int().min(1).max(65_536),
  distance: z.enum(['Cosine', 'Dot'] satisfies Schemas['Distance'][], {
    error: 'is not Cosine or Dot, all that this double does',
  }),
  hnsw_config: hnswConfig.nullish(),
  quantization_config: notHere,
  on_disk: flag,
  datatype: z.literal('float32').nullish(),
  multivector_config: notHere,
});
export type VectorParams = z.output<typeof vectorParams>;

const sparseVectorParams = published<'SparseVectorParams'>()({
  index: published<'SparseIndexParams'>()({
    full_scan_threshold: count,
    on_disk: flag,
    datatype: z.literal('float32').nullish(),
  }).nullish(),
  modifier: z
    .literal('none', { error: 'is not `none`: this double does no idf, the query brings it' })
    .nullish(),
});

const metadata = z.record(z.string(), z.unknown()).nullish();

export const createCollection = published<'CreateCollection'>()({
  vectors: z.union([vectorParams, z.record(z.string(), vectorParams)]).optional(),
  shard_number: positive,
  sharding_method: z.literal('auto').nullish(),
  replication_factor: positive,
  write_consistency_factor: positive,
  on_disk_payload: flag,
  hnsw_config: hnswConfig.nullish(),
  wal_config: published<'WalConfigDiff'>()({
    wal_capacity_mb: positive,
    wal_segments_ahead: count,
    wal_retain_closed: count,
  }).nullish(),
  optimizers_config: optimizersConfig.nullish(),
  quantization_config: notHere,
  sparse_vectors: z.record(z.string(), sparseVectorParams).nullish(),
  strict_mode_config: strictModeConfig.nullish(),
  metadata,
});
export type CreateCollection = z.output<typeof createCollection>;

export const updateCollection = published<'UpdateCollection'>()({
  vectors: notHere,
  optimizers_config: optimizersConfig.nullish(),
  params: published<'CollectionParamsDiff'>()({
    replication_factor: positive,
    write_consistency_factor: positive,
    read_fan_out_factor: count,
    read_fan_out_delay_ms: count,
    on_disk_payload: flag,
  }).nullish(),
  hnsw_config: hnswConfig.nullish(),
  quantization_config: notHere,
  sparse_vectors: notHere,
  strict_mode_config: strictModeConfig.nullish(),
  metadata,
});
export type UpdateCollection = z.output<typeof updateCollection>;

const indexOptions = { on_disk: flag, enable_hnsw: flag };
const indexParams = z.union([
  published<'KeywordIndexParams'>()({
    type: z.literal('keyword'),
    is_tenant: flag,
    ...indexOptions,
  }),
  published<'IntegerIndexParams'>()({
    type: z.literal('integer'),
    lookup: flag,
    range: flag,
    is_principal: flag,
    ...indexOptions,
  }),
  published<'FloatIndexParams'>()({
    type: z.literal('float'),
    is_principal: flag,
    ...indexOptions,
  }),
  published<'BoolIndexParams'>()({ type: z.literal('bool'), ...indexOptions }),
  published<'DatetimeIndexParams'>()({
    type: z.literal('datetime'),
    is_principal: flag,
    ...indexOptions,
  }),
  published<'UuidIndexParams'>()({ type: z.literal('uuid'), is_tenant: flag, ...indexOptions }),
]);
const indexType = z.enum([
  'keyword',
  'integer',
  'float',
  'bool',
  'datetime',
  'uuid',
] satisfies Schemas['PayloadSchemaType'][]);
export type IndexParams = z.output<typeof indexParams>;
export type IndexType = z.output<typeof indexType>;

export const createFieldIndex = published<'CreateFieldIndex'>()({
  field_name: z.string().min(1),
  field_schema: z.union([indexType, indexParams], {
    error: 'is not one of keyword, integer, float, bool, datetime, uuid, all this double does',
  }),
});

const name = z.string().min(1).max(255);
const aliasAction = z.union([
  published<'CreateAliasOperation'>()({
    create_alias: published<'CreateAlias'>()({ collection_name: name, alias_name: name }),
  }),
  published<'DeleteAliasOperation'>()({
    delete_alias: published<'DeleteAlias'>()({ alias_name: name }),
  }),
  published<'RenameAliasOperation'>()({
    rename_alias: published<'RenameAlias'>()({ old_alias_name: name, new_alias_name: name }),
  }),
]);
export type AliasAction = z.output<typeof aliasAction>;

export const changeAliases = published<'ChangeAliasesOperation'>()({
  actions: z.array(aliasAction),
});
