import { z } from 'zod';
import type { Checkpoint, Page, SourceDocument } from '../sdk/contract.js';
import { ItemError, DocumentGoneError } from '../sdk/errors.js';
import { takeRereads } from './call-shares.js';
import { isOutOfReach } from './channels.js';
import { threadId } from './document-id.js';
import { hash32 } from './hash.js';
import { lanePage } from './lane-page.js';
import { wholeThread } from './read-thread.js';
import type { ChannelView } from './slack-documents.js';
import { isReply, isThread } from './slack-message.js';
import type { SlackSource } from './slack-source.js';
import { compareTimestamps, permalink, type Timestamp, writtenDate } from './timestamp.js';

/** Small, since reading them again is begun anew when a run stops within a page. */
const PAGE_THREADS = 10;
const MAX_DUE = 2_000;
const DAY_MS = 86_400_000;

/** Checkpoint of the audit lane. */
const AuditState = z.object({
  /** Every thread whose turn came before this time, ms, was read again or is due. */
  until: z.number(),
  due: z.array(z.string()),
  /** The audit's own walk down the history: threads whose turn comes until `to`. */
  walk: z.object({ before: z.string().nullable(), to: z.number() }).nullable(),
});

type AuditState = z.infer<typeof AuditState>;

/**
 * Reads every thread again once in `audit_days`: an edited reply leaves no trace on its parent. Each
 * thread has its own time of the cycle, so the work is spread over it.
 */
export async function* auditLane(
  source: SlackSource,
  channel: ChannelView,
  checkpoint: Checkpoint | null,
): AsyncGenerator<Page> {
  const { ctx } = source;
  const now = ctx.clock.now().getTime();
  const stored = AuditState.safeParse(checkpoint).data;
  // A full run reads everything anyway, and so does a first one.
  if (stored === undefined || ctx.full) {
    yield lanePage({ until: now, due: [], walk: null } satisfies AuditState);
    return;
  }
  let state = await withDue(source, channel, stored, now);
  let left = await takeRereads(source, state.due.length);
  if (left === 0 && state !== stored) yield lanePage(state);
  while (left > 0) {
    ctx.signal.throwIfAborted();
    const count = Math.min(left, PAGE_THREADS);
    const { done, error, ...page } = await reread(source, channel, state.due.slice(0, count));
    state = { ...state, due: state.due.slice(done) };
    left -= count;
    if (done > 0) yield lanePage(state, page);
    // What was read before Slack asked to wait is kept: in the slow tier a page is never whole.
    if (error !== null) throw error;
  }
}

/** Whether the turn of a thread lies in a stretch of time. */
export function isDue(ts: Timestamp, cycleMs: number, since: number, until: number): boolean {
  const phase = (hash32(ts) / 2 ** 32) * cycleMs;
  return Math.floor((until - phase) / cycleMs) > Math.floor((since - phase) / cycleMs);
}

async function withDue(
  source: SlackSource,
  channel: ChannelView,
  state: AuditState,
  now: number,
): Promise<AuditState> {
  const cycleMs = source.config.audit_days * DAY_MS;
  const met = source.memory.takeThreads(channel.id);
  if (state.due.length > 0) return state;
  if (met && state.walk === null) {
    const due = met.filter((ts) => isDue(ts, cycleMs, state.until, now));
    return due.length <= MAX_DUE ? { until: now, due, walk: null } : cut(state, due, cycleMs);
  }
  // Where channels are too long to be listed whole in a run, the audit has to look for itself.
  const isLate = now - state.until > cycleMs / 7;
  if (!isLate && state.walk === null) return state;
  return walkOn(source, channel, state, state.walk ?? { before: null, to: now }, cycleMs);
}

/** More than fit: those with the earliest turns. */
function cut(state: AuditState, due: readonly Timestamp[], cycleMs: number): AuditState {
  const turnOf = (ts: Timestamp): number => {
    const phase = (hash32(ts) / 2 ** 32) * cycleMs;
    return phase + (Math.floor((state.until - phase) / cycleMs) + 1) * cycleMs;
  };
  const sorted = [...due].sort((a, b) => turnOf(a) - turnOf(b)).slice(0, MAX_DUE);
  return { until: turnOf(sorted.at(-1)!), due: sorted, walk: null };
}

/** One page of the audit's own walk. */
async function walkOn(
  source: SlackSource,
  channel: ChannelView,
  state: AuditState,
  { before, to }: NonNullable<AuditState['walk']>,
  cycleMs: number,
): Promise<AuditState> {
  const { api, pageMessages } = source;
  const query = { channel: channel.id, limit: pageMessages };
  const page = await api
    .history({ ...query, ...(before !== null && { latest: before }) })
    .catch(lostAsNull);
  if (page === null) return state;
  const threads = page.messages.filter((message) => isThread(message) && !isReply(message));
  const due = threads.map(({ ts }) => ts).filter((ts) => isDue(ts, cycleMs, state.until, to));
  const oldest = page.messages.map(({ ts }) => ts).sort(compareTimestamps)[0];
  if (!page.hasMore || oldest === undefined) return { until: to, due, walk: null };
  return { ...state, due, walk: { before: oldest, to } };
}

/** A channel that was lost meanwhile is settled by the next run, which does not list it. */
function lostAsNull(error: unknown): null {
  if (isOutOfReach(error)) return null;
  throw error;
}

interface Reread extends Pick<Page, 'documents' | 'failures'> {
  /** So many threads were settled, in their order. */
  readonly done: number;
  /** What stopped it; null: nothing did. */
  readonly error: Error | null;
}

async function reread(
  source: SlackSource,
  channel: ChannelView,
  threads: readonly Timestamp[],
): Promise<Reread> {
  const documents: SourceDocument[] = [];
  const failures: Page['failures'][number][] = [];
  for (const [done, ts] of threads.entries()) {
    try {
      documents.push({ ...(await wholeThread(source, channel, ts)), reread: true });
    } catch (error) {
      // What vanished is found by the listing; a channel that was lost by the next run.
      if (error instanceof DocumentGoneError || isOutOfReach(error)) continue;
      if (!(error instanceof ItemError) && error instanceof Error)
        return { documents, failures, done, error };
      if (!(error instanceof ItemError)) throw error;
      failures.push({
        externalId: threadId(channel.id, ts),
        title: `Thread of ${writtenDate(ts)} in #${channel.name}`,
        url: permalink(source.identity.url, channel.id, ts),
        stage: 'fetch',
        code: error.code,
        message: error.message,
        partition: channel.id,
      });
    }
  }
  return { documents, failures, done: threads.length, error: null };
}
