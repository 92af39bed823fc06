import { z } from 'zod';

export const SettledAnswer = z
  .object({
    deleted: z.int().describe('Hidden because they are gone'),
    lost_access: z.int().describe('Hidden because the credentials no longer reach them'),
    kept: z.int(),
  })
  .meta({ id: 'SettledDeletions' });
export type SettledAnswer = z.infer<typeof SettledAnswer>;
