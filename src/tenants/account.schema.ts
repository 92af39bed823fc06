import { z } from 'zod';

export const RotatedKey = z
  .object({
    api_key: z.string().describe('Shown once; has the rights of the key that asked'),
    message: z.string(),
  })
  .meta({ id: 'RotatedKey' });
export type RotatedKey = z.infer<typeof RotatedKey>;

export const DeleteAccount = z
  .object({ confirm: z.string().describe("The tenant's name or id") })
  .meta({ id: 'DeleteAccount' });
export type DeleteAccountBody = z.infer<typeof DeleteAccount>;

export const DeletedAccount = z
  .object({ deleted: z.literal(true), tenant: z.uuid() })
  .meta({ id: 'DeletedAccount' });
export type DeletedAccount = z.infer<typeof DeletedAccount>;
