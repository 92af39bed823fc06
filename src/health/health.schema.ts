import { z } from 'zod';

export const Health = z
  .object({
    status: z.literal('ok'),
    version: z.string(),
    mode: z.enum(['embedded', 'server']),
  })
  .meta({ id: 'Health' });
export type Health = z.infer<typeof Health>;

export const Alive = z.object({ status: z.literal('ok') }).meta({ id: 'Alive' });
export type Alive = z.infer<typeof Alive>;
