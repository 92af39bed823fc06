import { z } from 'zod';
import { SCOPES } from '../common/http/api-request.js';
import { Instant, Timestamp } from '../common/http/id.schema.js';
import { pageFields } from '../common/http/paging.js';
import { CollectionName } from '../collections/collection-name.schema.js';

const MAX_DAYS = 3650;
/** A minute: a shorter life ends before the key is used. */
const MIN_DAYS = 1 / (24 * 60);

const Scope = z.enum(SCOPES);

export const CreateApiKey = z
  .strictObject({
    name: z.string().trim().min(1).max(100).describe('What the key is for'),
    scopes: z
      .array(Scope)
      .min(1)
      .max(SCOPES.length)
      .default(['memory:read', 'memory:write'])
      .describe('`["memory:read"]` makes a read-only key'),
    collection: CollectionName.nullable()
      .default(null)
      .describe('The only collection that the key may touch'),
    expires_at: Instant.optional(),
    expires_in_days: z
      .number()
      .min(MIN_DAYS, 'must be a minute (1/1440) or more')
      .max(MAX_DAYS)
      .optional()
      .describe('May be a fraction; at least a minute'),
  })
  .refine((body) => body.expires_at === undefined || body.expires_in_days === undefined, {
    path: ['expires_in_days'],
    message: 'give either expires_at or expires_in_days',
  })
  .meta({ id: 'CreateApiKey' });
export type CreateApiKeyBody = z.infer<typeof CreateApiKey>;

export const ListApiKeys = z.object(pageFields({ limit: 50, max: 200 }));
export type ListApiKeysQuery = z.infer<typeof ListApiKeys>;

export const ApiKeyAnswer = z
  .object({
    id: z.uuid(),
    name: z.string(),
    prefix: z.string().describe('The first characters of the key'),
    scopes: z.array(Scope),
    collection: z.string().nullable(),
    expires_at: Timestamp.nullable(),
    revoked_at: Timestamp.nullable(),
    last_used_at: Timestamp.nullable().describe('To the minute'),
    created_at: Timestamp,
  })
  .meta({ id: 'ApiKey' });
export type ApiKeyAnswer = z.infer<typeof ApiKeyAnswer>;

export const CreatedApiKey = ApiKeyAnswer.extend({
  api_key: z.string().describe('Shown once'),
}).meta({ id: 'CreatedApiKey' });
export type CreatedApiKey = z.infer<typeof CreatedApiKey>;
