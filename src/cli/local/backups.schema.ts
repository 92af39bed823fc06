import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { Timestamp } from '../../common/http/id.schema.js';

export const CreateBackup = z
  .strictObject({
    target: z
      .string()
      .max(4096)
      .refine((path) => isAbsolute(path) && !path.includes('\0'), 'must be an absolute path')
      .optional()
      .describe('New or empty folder; default: a dated one in the data directory'),
  })
  .meta({ id: 'CreateBackup' });
export type CreateBackupBody = z.infer<typeof CreateBackup>;

export const BackupAnswer = z
  .object({
    path: z.string(),
    bytes: z.int(),
    created_at: Timestamp,
    warning: z.string().describe('What the operator must know'),
  })
  .meta({ id: 'Backup' });
export type BackupAnswer = z.infer<typeof BackupAnswer>;
