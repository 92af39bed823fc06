import { z } from 'zod';

const Key = z.object({
  id: z.string(),
  active: z.boolean().describe('Encrypts what is stored from now on'),
  in_ring: z.boolean().describe('False: it is needed, and missing from the key ring'),
  data_keys: z.int().describe('Data keys of tenants that it wraps'),
  credentials: z.int().describe('Credential fields that those encrypt'),
  removable: z.boolean().describe('Nothing needs it but backups from before the rotation'),
});

export const EncryptionAnswer = z
  .object({
    source: z.enum(['environment', 'file']),
    active_key: z.string().nullable().describe('null: no key yet'),
    total: z.int().describe('Data keys and credential fields'),
    done: z.int().describe('Of these, under the active key'),
    remaining: z.int(),
    complete: z.boolean(),
    tenants_under_way: z.int().describe('Tenants whose rotation is queued or runs'),
    unreadable: z
      .int()
      .describe('Credential fields that no key opens; their connections need new credentials'),
    last_error: z.string().nullable().describe('Why the latest rotation of a tenant failed'),
    keys: z.array(Key),
  })
  .meta({ id: 'Encryption' });
export type EncryptionAnswer = z.infer<typeof EncryptionAnswer>;
