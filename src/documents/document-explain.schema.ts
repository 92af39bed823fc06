import { z } from 'zod';
import { Timestamp } from '../common/http/id.schema.js';
import { queryBoolean } from '../common/http/query-schemas.js';
import { asConnection, connectionFields, DocumentAnswer } from './documents.schema.js';

export const ExplainDocument = z
  .object({
    url: z.string().min(1).max(4000).optional(),
    external_id: z.string().min(1).max(4000).optional(),
    ...connectionFields('Where to look; needed when there are several'),
    ask: queryBoolean(false).describe('Also ask the source; needs external_id and connection'),
  })
  .refine((query) => (query.url === undefined) !== (query.external_id === undefined), {
    message: 'needs either url or external_id',
    path: ['url'],
  })
  .transform(asConnection);
export type ExplainDocumentQuery = z.infer<typeof ExplainDocument>;

export const VERDICTS = [
  'live',
  'pending',
  'held',
  'failed',
  'suppressed',
  'out_of_scope',
  'deleted',
  'lost_access',
  'partition_skipped',
  'not_reached',
  'not_at_source',
  'unknown',
] as const;

export const DocumentExplanation = z
  .object({
    verdict: z.enum(VERDICTS),
    in_index: z.boolean(),
    summary: z.string(),
    action: z.string().nullable().describe('What you can do; null: nothing has to be done'),
    document: DocumentAnswer.nullable(),
    connection: z
      .object({
        id: z.uuid(),
        name: z.string(),
        provider: z.string(),
        status: z.string(),
        status_reason: z.string().nullable(),
      })
      .nullable(),
    partition: z
      .object({
        key: z.string(),
        title: z.string(),
        skip_reason: z.string().nullable().describe('Why it is not read'),
        complete: z
          .boolean()
          .nullable()
          .describe('Listed to its end by the last run; null: by none'),
        gap_reason: z.string().nullable(),
      })
      .nullable(),
    failure: z
      .object({
        id: z.uuid().nullable().describe('For POST failures/{id}/retry; null: just happened'),
        stage: z.string(),
        code: z.string(),
        message: z.string(),
        attempts: z.int(),
        next_at: Timestamp.nullable(),
      })
      .nullable(),
    skipped: z
      .record(z.string(), z.int())
      .describe('Items that the last run left out on purpose, by reason; sources do not name them'),
    last_run: z
      .object({ id: z.uuid(), status: z.string(), finished_at: Timestamp.nullable() })
      .nullable(),
  })
  .meta({ id: 'DocumentExplanation' });
export type DocumentExplanation = z.infer<typeof DocumentExplanation>;
export type Verdict = (typeof VERDICTS)[number];
