import type { Checkpoint, Page } from '../sdk/contract.js';
import { lanePage } from './lane-page.js';
import { HistoryWalk } from './list-page.js';
import { START } from './listing.js';
import type { ChannelView } from './slack-documents.js';
import type { SlackSource } from './slack-source.js';

/** Enough for a first answer; the threads on it are read before the next channel is begun. */
const FIRST_MESSAGES = 100;

/**
 * The newest messages of a channel that was just attached, so that search is useful within seconds.
 * Afterwards the history lane begins with them in every run, and this one has nothing to do.
 */
export async function* newestLane(
  source: SlackSource,
  channel: ChannelView,
  checkpoint: Checkpoint | null,
): AsyncGenerator<Page> {
  if (checkpoint !== null && 'newest' in checkpoint) return;
  const limit = Math.min(FIRST_MESSAGES, source.pageMessages);
  const page = await new HistoryWalk(source, channel, limit, false).next(START);
  const { documents, skipped, newest } = page;
  yield lanePage({ newest: newest ?? null }, { documents, skipped });
}
