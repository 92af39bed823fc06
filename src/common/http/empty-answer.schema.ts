import { z } from 'zod';

/** What deletions answer: `{}`. */
export const EmptyAnswer = z.object({}).meta({ id: 'Empty' });
export type EmptyAnswer = z.infer<typeof EmptyAnswer>;
