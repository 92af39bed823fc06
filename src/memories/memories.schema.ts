import { z } from 'zod';
import { CollectionName } from '../collections/collection-name.schema.js';
import { Instant, Timestamp } from '../common/http/id.schema.js';
import { pageFields } from '../common/http/paging.js';
import { queryBoolean, queryInteger } from '../common/http/query-schemas.js';
import { MAX_MEMORY_CHARACTERS } from '../remember/new-memory.js';
import { normaliseText } from '../remember/normalise.js';

export const MemoryAnswer = z
  .object({
    id: z.uuid(),
    text: z.string(),
    importance: z.number(),
    category: z.string(),
    source: z.string().describe('Who wrote it: `api`, `sdk`, or the provider of a synced memory'),
    metadata: z
      .record(z.string(), z.unknown())
      .describe('For synced memories also provider, title, url, author, times of the document'),
    images: z.array(z.unknown()),
    created_at: Timestamp,
    updated_at: Timestamp,
    collection: z.string(),
    container_tag: z.string().nullable(),
    pinned: z.boolean(),
    archived: z.boolean(),
    is_latest: z.boolean().describe('False once another memory supersedes this one'),
    expires_at: Timestamp.nullable(),
    memory_type: z.string().nullable(),
  })
  .meta({ id: 'Memory' });
export type MemoryAnswer = z.infer<typeof MemoryAnswer>;

const Text = z
  .string()
  .overwrite(normaliseText)
  .min(1)
  .max(MAX_MEMORY_CHARACTERS)
  .describe('Counted after normalisation (NFC, trailing blanks and extra blank lines removed)');
const Importance = z.number().min(0).max(1);
const Label = z.string().min(1).max(200);
const Metadata = z.record(z.string(), z.unknown());

export const CreateMemory = z
  .object({
    text: Text,
    importance: Importance.default(0.7),
    category: Label.default('other'),
    source: Label.default('api'),
    metadata: Metadata.nullable().default({}),
    container_tag: Label.nullable().default(null).describe('A space of its own, e.g. an end user'),
    expires_at: Instant.nullable().default(null),
  })
  .meta({ id: 'CreateMemory' });
export type CreateMemoryBody = z.infer<typeof CreateMemory>;

export const CreateMemories = z.array(CreateMemory).max(100);

export const CreatedMemories = z
  .object({ created: z.int(), ids: z.array(z.uuid()).describe('In the order of the items') })
  .meta({ id: 'CreatedMemories' });
export type CreatedMemories = z.infer<typeof CreatedMemories>;

export const UpdateMemory = z
  .object({
    text: Text.nullish(),
    importance: Importance.nullish(),
    category: Label.nullish(),
    metadata: Metadata.nullish().describe('Replaces the stored metadata; not of synced memories'),
  })
  .describe('Fields that are not sent, or null, stay as they are.')
  .meta({ id: 'UpdateMemory' });
export type UpdateMemoryBody = z.infer<typeof UpdateMemory>;

export const ListMemories = z.object({
  ...pageFields({ limit: 50, max: 200 }),
  include_archived: queryBoolean(false),
  container_tag: z.string().optional(),
  category: z.string().optional(),
  source: z.string().optional(),
});
export type ListMemoriesQuery = z.infer<typeof ListMemories>;

export const PinMemory = z.object({ pinned: z.boolean().default(true) }).meta({ id: 'PinMemory' });
export type PinMemoryBody = z.infer<typeof PinMemory>;

export const ArchiveMemory = z
  .object({ archived: z.boolean().default(true) })
  .meta({ id: 'ArchiveMemory' });
export type ArchiveMemoryBody = z.infer<typeof ArchiveMemory>;

export const MoveMemory = z
  .object({ to_collection: CollectionName.describe('Created if there is none of that name') })
  .meta({ id: 'MoveMemory' });
export type MoveMemoryBody = z.infer<typeof MoveMemory>;

export const MovedMemory = z
  .object({ moved: z.literal(true), id: z.uuid(), collection: z.string() })
  .meta({ id: 'MovedMemory' });
export type MovedMemory = z.infer<typeof MovedMemory>;

export const RelatedMemories = z.object({
  limit: queryInteger(1, 100, 5),
  min_score: z
    .string()
    .regex(/^(0|1|[01]?\.\d{1,15})$/, 'must be a number from 0 to 1')
    .transform(Number)
    .pipe(z.number().min(0).max(1))
    .default(0)
    .meta({ type: 'number', minimum: 0, maximum: 1, default: 0 }),
});
export type RelatedMemoriesQuery = z.infer<typeof RelatedMemories>;
