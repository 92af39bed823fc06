import { z } from 'zod';
import { Timestamp } from '../../common/http/id.schema.js';
import {
  collectionFields,
  oneKindOfCollection,
  onlyOneSource,
  searchFields,
} from '../search.schema.js';

export const ContextQuery = z
  .strictObject({ ...searchFields, ...collectionFields })
  // A prompt has the passages that were found and a source for each; neighbours have neither.
  .omit({ neighbours: true })
  .extend({
    limit: z.int().min(1).max(100).default(20).describe('Passages to choose from'),
    max_tokens: z
      .int()
      .min(50)
      .max(100_000)
      .default(1000)
      .describe('Of the whole text, counted as the embedding model does'),
  })
  .refine(onlyOneSource, {
    path: ['provider'],
    error: 'is another name of source; give one of them',
  })
  .refine(oneKindOfCollection, {
    path: ['collections'],
    error: 'and collection exclude each other; give one of them',
  });
export type ContextBody = z.infer<typeof ContextQuery>;

export const Citation = z.object({
  number: z.int().describe('As in the text: `[1]`'),
  title: z.string().nullable(),
  url: z.string().nullable(),
  author: z.string().nullable(),
  source_updated_at: Timestamp.nullable(),
  collection: z.string(),
  memory_ids: z.array(z.uuid()).describe('The passages of this source'),
});
export type Citation = z.infer<typeof Citation>;

export const ContextAnswer = z
  .object({
    context: z.string().describe('Passages with `[1]` before each, then the list of sources'),
    tokens: z.int(),
    citations: z.array(Citation),
  })
  .meta({ id: 'Context' });
export type ContextAnswer = z.infer<typeof ContextAnswer>;
