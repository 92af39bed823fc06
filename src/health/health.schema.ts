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

export const Ready = z
  .object({
    status: z.literal('ok'),
    row_level_security: z
      .enum(['on', 'off'])
      .optional()
      .describe('Whether PostgreSQL itself keeps tenants apart; only in server mode'),
  })
  .meta({ id: 'Ready' });
export type Ready = z.infer<typeof Ready>;
