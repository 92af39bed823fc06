import { z } from 'zod';
import { Timestamp } from '../common/http/id.schema.js';
import { pageFields } from '../common/http/paging.js';

export const CreateTenant = z
  .strictObject({
    name: z.string().trim().min(1).max(200),
    plan: z.string().min(1).max(100).default('standard').describe('A plan of TRIBUTARY_PLANS'),
    parent_id: z.uuid().nullable().default(null).describe('Makes it a container of that tenant'),
  })
  .meta({ id: 'CreateTenant' });
export type CreateTenantBody = z.infer<typeof CreateTenant>;

export const ListTenants = z.object(pageFields({ limit: 50, max: 200 }));
export type ListTenantsQuery = z.infer<typeof ListTenants>;

export const TenantAnswer = z
  .object({
    id: z.uuid(),
    name: z.string(),
    plan: z.string(),
    parent_id: z.uuid().nullable(),
    created_at: Timestamp,
  })
  .meta({ id: 'Tenant' });
export type TenantAnswer = z.infer<typeof TenantAnswer>;

export const CreatedTenant = TenantAnswer.extend({
  api_key: z.string().describe('The first key, with every scope; shown once'),
}).meta({ id: 'CreatedTenant' });
export type CreatedTenant = z.infer<typeof CreatedTenant>;
