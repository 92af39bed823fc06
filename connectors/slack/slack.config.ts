import { z } from 'zod';

/** Largest file that is read at all, in bytes; the default of `max_file_bytes`. */
export const MAX_FILE_BYTES = 50 * 1024 * 1024;

const Channels = z.array(z.string().min(1).max(200)).max(1_000);

export const SlackConfig = z.strictObject({
  channels: z
    .enum(['joined', 'all'])
    .default('joined')
    .describe(
      'joined: the channels that the bot was invited to; all: every public channel is listed, too',
    ),
  join: z
    .boolean()
    .default(false)
    .describe('With channels=all: join listed public channels that the bot is not in'),
  include: Channels.optional().describe(
    'Only these channels: ids, names, or patterns with * and ?, e.g. team-*',
  ),
  exclude: Channels.optional().describe('Channels left out: ids, names, or patterns with * and ?'),
  private: z.boolean().default(true).describe('Read private channels that the bot is in'),
  bots: z
    .union([z.enum(['include', 'exclude']), z.array(z.string().min(1).max(200)).max(200)])
    .default('include')
    .describe(
      'Messages of bots: include, exclude, or a list of the bot ids, app ids or names kept',
    ),
  session_gap_minutes: z
    .int()
    .min(1)
    .max(1_440)
    .default(30)
    .describe('A pause this long between messages outside threads begins a new document'),
  audit_days: z
    .int()
    .min(1)
    .max(90)
    .default(7)
    .describe('Every thread is read again once in so many days, to find edited replies'),
  files: z.boolean().default(true).describe('Read the text of files'),
  max_file_bytes: z.int().positive().max(MAX_FILE_BYTES).default(MAX_FILE_BYTES),
});

export type SlackConfig = z.infer<typeof SlackConfig>;

export const SlackCredentials = z.strictObject({
  bot_token: z
    .string()
    .max(500)
    .regex(/^xox[a-z][-.]\S+$/, 'must be a token of Slack, e.g. xoxb-...')
    .describe('Bot token of the app, from "OAuth & Permissions" (xoxb-...)'),
});

export type SlackCredentials = z.infer<typeof SlackCredentials>;
