import { z } from 'zod';

export const SettledAnswer = z
  .object({ deleted: z.int(), kept: z.int() })
  .meta({ id: 'SettledDeletions' });
export type SettledAnswer = z.infer<typeof SettledAnswer>;
