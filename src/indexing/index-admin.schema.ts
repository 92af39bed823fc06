import { z } from 'zod';
import { Timestamp } from '../common/http/id.schema.js';

const Count = z.int().min(0);

/** Of the process that answers: each one sees for itself. */
export const IndexHealthFields = {
  reachable: z
    .boolean()
    .describe('False: Qdrant did not answer the last attempts of the process that answers this'),
  error: z.string().nullable().describe('Why it does not'),
  since: Timestamp.nullable().describe('Since when it does not'),
};

export const IndexState = z
  .object({
    kind: z.enum(['pgvector', 'qdrant']).describe('Where vectors are searched'),
    ...IndexHealthFields,
    last_ok: Timestamp.nullable().describe(
      'When Qdrant last answered an attempt; null with pgvector',
    ),
    rebuilding: z.boolean(),
    last_error: z.string().nullable().describe('Why the last rebuild of this process ended early'),
    spaces: z.array(
      z.object({
        id: z.int(),
        model: z.string(),
        dimensions: z.int(),
        vectors: Count,
        version: z.int().nullable().describe('The collection in Qdrant that searches read'),
        building: z.int().nullable().describe('The one that will replace it'),
        lost: z.boolean().describe('Qdrant has lost its points; they are made again from the rows'),
        marked: Count.describe('Of a rebuild: memories handed on to be written again'),
        total: Count.describe('Of a rebuild: all of them'),
        left: Count.describe('Of a rebuild: those that are still to be written'),
        started_at: Timestamp.nullable(),
      }),
    ),
    outbox: z.object({
      marks: Count.describe('Points to be written or deleted; 100000 means that or more'),
      oldest_seconds: z.number().nullable(),
      refused: Count.describe('Those that Qdrant does not take'),
      errors: z
        .array(
          z.object({
            memory_id: z.uuid(),
            space_id: z.int(),
            attempts: z.int(),
            error: z.string(),
          }),
        )
        .describe('The first 20 that could not be written, refused or not; they are tried again'),
    }),
  })
  .meta({ id: 'IndexState' });
export type IndexState = z.infer<typeof IndexState>;
