import type { CreatedRange } from '../sdk/contract.js';
import { ConfigError } from '../sdk/errors.js';
import { createdAt } from './slack-documents.js';
import type { SlackFile } from './slack-message.js';
import type { SlackSource } from './slack-source.js';

/**
 * Files of a channel made in a range, those in its threads included, without reading a thread.
 * Files are an addition: without the scope for them, their names in the messages are all there is.
 */
export async function filesBetween(
  { api, memory, ctx }: SlackSource,
  channel: string,
  { from, to }: CreatedRange,
): Promise<SlackFile[]> {
  if (memory.withoutFiles) return [];
  const seconds = (date: Date | null): number | null =>
    date === null ? null : Math.floor(date.getTime() / 1000);
  try {
    const files = await api.files(channel, seconds(from), seconds(to));
    return files.filter((file) => {
      const at = createdAt(file);
      return (from === null || at >= from.getTime()) && (to === null || at < to.getTime());
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    ctx.logger.warn('Files are not read', { reason: error.message });
    memory.withoutFiles = true;
    return [];
  }
}
