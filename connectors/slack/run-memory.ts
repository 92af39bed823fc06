import type { FilesGap } from './channel-files.js';
import type { SlackChannel } from './slack-message.js';
import type { Timestamp } from './timestamp.js';

/** Threads of a channel that a listing has met. */
interface MetThreads {
  threads: Timestamp[];
  /** Nothing of the channel is missing. */
  whole: boolean;
}

/** What one attempt of a run knows beyond the checkpoints. Losing it costs calls, never data. */
export class RunMemory {
  readonly channels = new Map<string, SlackChannel>();
  /** Channels whose messages could be read. */
  readonly inReach = new Set<string>();
  /** Channels out of reach: what Slack said of one document there holds for all of them. */
  readonly lost = new Set<string>();
  /** Channels whose files could be listed. */
  readonly withFiles = new Set<string>();
  private readonly filesGaps = new Map<string | null, FilesGap>();
  private readonly met = new Map<string, MetThreads>();
  private readonly firstLooks = new Map<string, Promise<unknown>>();

  /** The first look into a channel goes alone: where the channel is lost, it tells all others. */
  async lookInto<Result>(channel: string, look: () => Promise<Result>): Promise<Result> {
    const first = this.firstLooks.get(channel);
    if (first) {
      await first;
      return look();
    }
    const looking = look();
    // Those that wait look on their own when the first look fails.
    this.firstLooks.set(
      channel,
      looking.catch(() => undefined),
    );
    return looking;
  }

  /** undefined: files of the channel can be listed, as far as is known. */
  filesGapOf(channel: string): FilesGap | undefined {
    return this.filesGaps.get(null) ?? this.filesGaps.get(channel);
  }

  /** @param channel null: it is so for all of them */
  noteFilesGap(channel: string | null, gap: FilesGap): void {
    this.filesGaps.set(channel, gap);
  }

  beginListing(channel: string): void {
    this.met.set(channel, { threads: [], whole: false });
  }

  meet(channel: string, threads: readonly Timestamp[]): void {
    this.met.get(channel)?.threads.push(...threads);
  }

  endListing(channel: string): void {
    const met = this.met.get(channel);
    if (met) met.whole = true;
  }

  /** All threads of a channel that was listed whole in this attempt; null: it was not. */
  takeThreads(channel: string): Timestamp[] | null {
    const met = this.met.get(channel);
    this.met.delete(channel);
    return met?.whole ? met.threads : null;
  }
}
