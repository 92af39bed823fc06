import { z } from 'zod';
import { Timestamp } from '../common/http/id.schema.js';
import { pageFields } from '../common/http/paging.js';
import { queryBoolean } from '../common/http/query-schemas.js';
import { CollectionName } from './collection-name.schema.js';

const Description = z.string().max(2000).nullable();
const Metadata = z.record(z.string(), z.unknown());

export const CreateCollection = z
  .object({
    name: CollectionName,
    description: Description.default(null),
    metadata: Metadata.default({}),
  })
  .meta({ id: 'CreateCollection' });
export type CreateCollectionBody = z.infer<typeof CreateCollection>;

export const UpdateCollection = z
  .object({
    name: CollectionName.optional().describe('Renames it; restricted API keys follow'),
    description: Description.optional(),
    metadata: Metadata.optional().describe('Replaces all of it'),
  })
  .meta({ id: 'UpdateCollection' });
export type UpdateCollectionBody = z.infer<typeof UpdateCollection>;

// One page holds what most tenants have, since clients of this API read no second one.
export const ListCollections = z.object(pageFields({ limit: 1000, max: 1000 }));
export type ListCollectionsQuery = z.infer<typeof ListCollections>;

export const DeleteCollection = z.object({
  cascade: queryBoolean(false).describe('Also delete the connections that write to it'),
});
export type DeleteCollectionQuery = z.infer<typeof DeleteCollection>;

export const CollectionAnswer = z
  .object({
    id: z.uuid(),
    name: z.string(),
    description: z.string().nullable(),
    metadata: Metadata,
    memory_count: z.int().describe('Without hidden ones of deleted documents'),
    embedding_model: z.string(),
    dimensions: z.int(),
    created_at: Timestamp,
    updated_at: Timestamp,
  })
  .meta({ id: 'Collection' });
export type CollectionAnswer = z.infer<typeof CollectionAnswer>;
