import type { CreatedRange } from '../sdk/contract.js';
import { ConfigError, TransientSourceError } from '../sdk/errors.js';
import { fileSkipReason } from './file-body.js';
import { dropReason, leavesOut } from './message-policy.js';
import { createdAt, sharesIn } from './slack-documents.js';
import { refusalCode } from './slack-errors.js';
import type { SlackFile, SlackMessage } from './slack-message.js';
import type { SlackSource } from './slack-source.js';

/** Why the files of a channel cannot be listed in this run. */
export interface FilesGap {
  readonly reason: string;
  /** Those that messages name can be read. */
  readonly isReadable: boolean;
}

export interface ListedFiles {
  readonly files: readonly SlackFile[];
  /** null: files of the range are listed whole. */
  readonly gap: string | null;
}

/** The method is not there, for any channel. */
const NO_METHOD = new Set(['unknown_method', 'method_not_supported', 'method_deprecated']);
const NOT_SERVED = new Set(['http_404', 'http_405', 'http_501']);

/**
 * Files of a channel made in a range, those in its threads included, without reading a thread.
 * Files are an addition: where Slack refuses to list them, those that the messages of the page name
 * are all there is, and the gap is told.
 * @param range undefined: the page proves nothing, so its files are listed with a later one
 */
export async function filesBetween(
  source: SlackSource,
  channel: string,
  range: CreatedRange | undefined,
  messages: readonly SlackMessage[],
): Promise<ListedFiles> {
  const { memory, ctx, config } = source;
  const kept = messages.filter((message) => dropReason(message, config.bots) === null);
  const known = memory.filesGapOf(channel);
  if (known) return inMessages(channel, known, kept);
  if (!range && (memory.withFiles.has(channel) || !messages.some(({ files }) => files?.length)))
    return { files: [], gap: null };
  try {
    // Of a page that proves nothing only whether files can be listed at all has to be known.
    const files = await made(source, channel, range ?? { from: ctx.clock.now(), to: null });
    memory.withFiles.add(channel);
    return { files: range ? files : [], gap: null };
  } catch (error) {
    const found = gapOf(error);
    if (!found) throw error;
    const { isForAll, ...gap } = found;
    ctx.logger.warn('Files cannot be listed', { channel, reason: gap.reason });
    memory.noteFilesGap(isForAll ? null : channel, gap);
    return inMessages(channel, gap, kept);
  }
}

/** Why a file is left out, by what it is or by who posted it; null: it is read. */
export function fileDropReason({ config, names }: SlackSource, file: SlackFile): string | null {
  const reason = fileSkipReason(file, config.max_file_bytes);
  if (reason !== null || file.user === undefined) return reason;
  return leavesOut(config.bots, file.user, names) ? 'bot_message' : null;
}

async function made(
  { api }: SlackSource,
  channel: string,
  { from, to }: CreatedRange,
): Promise<SlackFile[]> {
  const seconds = (date: Date | null): number | null =>
    date === null ? null : Math.floor(date.getTime() / 1000);
  const files = await api.files(channel, seconds(from), seconds(to));
  return files.filter((file) => {
    const at = createdAt(file);
    return (from === null || at >= from.getTime()) && (to === null || at < to.getTime());
  });
}

/** null: the error is about more than files, or passes. */
function gapOf(error: unknown): (FilesGap & { readonly isForAll: boolean }) | null {
  if (error instanceof ConfigError)
    return { reason: `Files are not read: ${error.message}`, isReadable: false, isForAll: true };
  const code = refusalCode(error);
  const isNotServed = error instanceof TransientSourceError && NOT_SERVED.has(error.code);
  if (code === undefined && !isNotServed) return null;
  const told = code ?? (error as TransientSourceError).code;
  return {
    reason: `Slack refuses to list files (${told}): those in replies are missing.`,
    isReadable: true,
    isForAll: isNotServed || NO_METHOD.has(told),
  };
}

function inMessages(
  channel: string,
  { reason, isReadable }: FilesGap,
  messages: readonly SlackMessage[],
): ListedFiles {
  const files = new Map<string, SlackFile>();
  if (isReadable)
    for (const { ts, files: shown = [] } of messages)
      for (const file of shown)
        if (!files.has(file.id)) files.set(file.id, shownIn(file, channel, ts));
  return { files: [...files.values()], gap: reason };
}

/** Files in messages do not say where they are shown. */
function shownIn(file: SlackFile, channel: string, ts: string): SlackFile {
  if (sharesIn(file, channel).length > 0) return file;
  return { ...file, shares: { public: { [channel]: [{ ts }] } } };
}
