import { z } from 'zod';

/** What can be wrong between rows, vectors, words, statistics and points. */
export const DRIFT_KINDS = [
  'memories_without_vector',
  'memories_without_words',
  'vectors_of_no_use',
  'collections_miscounted',
  'rows_without_point',
  'points_out_of_date',
  'points_without_row',
  'dead_collections',
] as const;
export type DriftKind = (typeof DRIFT_KINDS)[number];

const Counts = z.record(z.enum(DRIFT_KINDS), z.int().min(0));

export const CheckIndex = z
  .object({
    repair: z.boolean().default(false).describe('true: mend what is found'),
    cursor: z
      .string()
      .max(1000)
      .optional()
      .describe('From the last answer: a check goes on in requests of a few seconds'),
  })
  .meta({ id: 'CheckIndex' });
export type CheckIndexBody = z.infer<typeof CheckIndex>;

export const IndexCheck = z
  .object({
    found: Counts.describe('By this request'),
    mended: Counts.describe('Made again, or marked for the outbox'),
    checked: z.int().describe('Memories and points that this request looked at'),
    unconfigured_models: z
      .array(z.string())
      .describe('Vectors of these cannot be made: name them in TRIBUTARY_EMBEDDING_MODELS'),
    cursor: z.string().nullable().describe('To go on with; null: all is checked'),
  })
  .meta({ id: 'IndexCheck' });
export type IndexCheck = z.infer<typeof IndexCheck>;

const PageEnd = z.object({ hash: z.string(), id: z.uuid() }).nullable();

/** Where a check is: the stages follow each other in this order. */
export const CheckPlace = z.discriminatedUnion('stage', [
  z.object({ stage: z.literal('texts'), collection: z.uuid().nullable(), after: PageEnd }),
  // After the texts of each collection.
  z.object({ stage: z.literal('whole'), collection: z.uuid() }),
  // Collections that are gone; of the last one found there may be something left to remove.
  z.object({ stage: z.literal('gone'), collection: z.uuid().nullable(), left: z.boolean() }),
  z.object({ stage: z.literal('rows'), space: z.int(), after: z.uuid().nullable() }),
  z.object({ stage: z.literal('points'), space: z.int(), after: z.uuid().nullable() }),
]);
export type CheckPlace = z.infer<typeof CheckPlace>;
