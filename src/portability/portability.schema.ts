import { z } from 'zod';
import { CollectionName } from '../collections/collection-name.schema.js';
import { Instant, Timestamp } from '../common/http/id.schema.js';
import { MemoryAnswer } from '../memories/memories.schema.js';
import { MAX_MEMORY_CHARACTERS } from '../remember/new-memory.js';
import { normaliseText } from '../remember/normalise.js';

const Metadata = z.record(z.string(), z.unknown());

export const ExportedCollection = z.object({
  name: z.string(),
  description: z.string().nullable(),
  metadata: Metadata,
  created_at: Timestamp,
});
export type ExportedCollection = z.infer<typeof ExportedCollection>;

export const AccountExport = z
  .object({
    tenant: z.uuid(),
    exported_at: Timestamp,
    collections: z.array(ExportedCollection),
    memories: z
      .array(MemoryAnswer)
      .describe('Archived and superseded ones too; text and labels, no vectors'),
    truncated: z.boolean().describe('Always false: an export that breaks is no valid JSON'),
  })
  .meta({ id: 'AccountExport' });

export const ImportedCollection = z.union([
  CollectionName,
  z.object({
    name: CollectionName,
    description: z.string().max(2000).nullable().default(null),
    metadata: Metadata.default({}),
  }),
]);

export const ImportMemories = z
  .object({
    memories: z
      .array(z.unknown())
      .describe('As exported, or any objects with a `text`; wrong ones are skipped, not refused'),
    collections: z
      .array(ImportedCollection)
      .nullish()
      .describe('Made first where they do not exist; not with into_collection'),
    into_collection: CollectionName.nullish().describe('Where all memories go'),
  })
  .meta({ id: 'ImportMemories' });

/** One memory of an import: what is absent or null gets the value that `addMemory` gives it. */
export const ImportedMemory = z.object({
  text: z.string().overwrite(normaliseText).min(1).max(MAX_MEMORY_CHARACTERS),
  collection: CollectionName.nullish(),
  importance: z.number().min(0).max(1).nullish(),
  category: z.string().min(1).max(200).nullish(),
  source: z.string().min(1).max(200).nullish(),
  metadata: Metadata.nullish(),
  images: z.array(z.unknown()).nullish(),
  container_tag: z.string().min(1).max(200).nullish(),
  pinned: z.boolean().nullish(),
  archived: z.boolean().nullish(),
  is_latest: z.boolean().nullish(),
  expires_at: Instant.nullish(),
  created_at: Instant.nullish(),
  memory_type: z.string().max(50).nullish(),
});
export type ImportedMemory = z.infer<typeof ImportedMemory>;

export const ImportAnswer = z
  .object({
    imported: z.int(),
    skipped: z.int(),
    collections: z.array(z.string()).describe('Names of the collections that were written to'),
    reasons: z.object({
      duplicate: z.int().describe('The collection has that text in that container tag already'),
      invalid: z.int(),
    }),
    issues: z
      .array(z.object({ index: z.int(), reason: z.string() }))
      .describe('Why the first 100 invalid ones are'),
  })
  .meta({ id: 'ImportAnswer' });
export type ImportAnswer = z.infer<typeof ImportAnswer>;
