import { z } from 'zod';
import { Timestamp } from '../common/http/id.schema.js';
import { pageFields } from '../common/http/paging.js';
import { queryBoolean } from '../common/http/query-schemas.js';

const State = z.enum(['pending', 'live', 'suspect', 'lost_access', 'deleted']);

/** A connection in a query. Answers and searches call it `connection_id`, so that is taken, too. */
export const connectionFields = (says: string) => ({
  connection: z.uuid().optional().describe(says),
  connection_id: z.uuid().optional().describe('Another name of `connection`'),
});

interface ConnectionNamed {
  connection?: string | undefined;
  connection_id?: string | undefined;
}

/** For `transform`: whatever it was called, it is `connection` from here on. */
export function asConnection<Q extends ConnectionNamed>(query: Q, context: z.RefinementCtx) {
  const { connection_id: id, connection = id, ...rest } = query;
  if (id !== connection && id !== undefined) {
    const message = 'differs from connection';
    context.addIssue({ code: 'custom', path: ['connection_id'], message });
  }
  return { ...rest, connection };
}

export const ListDocuments = z
  .object({
    ...pageFields({ limit: 50, max: 200 }),
    ...connectionFields('Only its documents'),
    collection: z.string().min(1).max(200).optional(),
    partition: z.string().min(1).max(1000).optional(),
    state: State.optional().describe('Default: what is in the index (pending, live, suspect)'),
    q: z
      .string()
      .min(1)
      .max(500)
      .optional()
      .describe('Part of the title, of the address or of the external id'),
  })
  .transform(asConnection);
export type ListDocumentsQuery = z.infer<typeof ListDocuments>;

export const DocumentAnswer = z
  .object({
    id: z.uuid(),
    connection_id: z.uuid().nullable().describe('null: the connection was deleted'),
    collection: z.string(),
    provider: z.string(),
    external_id: z.string(),
    partition: z.string(),
    state: State,
    title: z.string(),
    url: z.string().nullable(),
    author: z.string().nullable(),
    container: z.string().nullable(),
    chunk_count: z.int(),
    suppressed: z.boolean().describe('Removed for good: syncs leave it out'),
    kept: z.boolean().describe('Restored here, so it stays until its source lists it again'),
    purge_at: Timestamp.nullable().describe('Until then a hidden document can be restored'),
    source_created_at: Timestamp.nullable(),
    source_updated_at: Timestamp.nullable(),
    synced_at: Timestamp,
    created_at: Timestamp,
  })
  .meta({ id: 'Document' });
export type DocumentAnswer = z.infer<typeof DocumentAnswer>;

export const DocumentDetailAnswer = DocumentAnswer.extend({
  memory_ids: z.array(z.uuid()).describe('Its chunks, in their order in the document'),
  citations: z
    .array(z.object({ at: Timestamp.nullable(), author: z.string().nullable(), url: z.string() }))
    .describe('Where its parts can be looked up, in their order: each message of a thread'),
  access: z.string().describe('public, restricted or unknown'),
}).meta({ id: 'DocumentDetail' });
export type DocumentDetailAnswer = z.infer<typeof DocumentDetailAnswer>;

export const DeleteDocument = z.object({
  purge: queryBoolean(false).describe('Also remove its rows and vectors now; no restore then'),
});
export type DeleteDocumentQuery = z.infer<typeof DeleteDocument>;

export const DeletedDocument = z
  .object({
    id: z.uuid(),
    state: z.enum(['deleted', 'purged']),
    purge_at: Timestamp.nullable().describe('Until then it can be restored'),
  })
  .meta({ id: 'DeletedDocument' });
export type DeletedDocument = z.infer<typeof DeletedDocument>;
