import { z } from 'zod';
import type { Checkpoint, Page, SourceDocument } from '../sdk/contract.js';
import { ItemError, DocumentGoneError } from '../sdk/errors.js';
import { AUDIT_OVERDUE } from '../sdk/planned-gaps.js';
import { rereadsLeft } from './call-shares.js';
import { isOutOfReach } from './channels.js';
import { threadId } from './document-id.js';
import { hash32 } from './hash.js';
import { lanePage } from './lane-page.js';
import { isOfBotsOnly } from './message-policy.js';
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
  /**
   * What a run may still read again: of this channel (null: not settled yet) and of those after it.
   * It goes on with that after a pause.
   */
  grant: z
    .object({ run: z.string(), own: z.number().nullable(), rest: z.number() })
    .nullable()
    .default(null),
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
  const { ctx, memory, allowance } = source;
  const now = ctx.clock.now().getTime();
  const stored = AuditState.safeParse(checkpoint).data;
  // A full run reads everything anyway, and so does a first one, though some of it long ago; who
  // only asks rereads nothing.
  if (stored === undefined || ctx.full || ctx.run === null) {
    yield lanePage({ until: allowance.since, due: [], walk: null } satisfies Partial<AuditState>);
    return;
  }
  const { run } = ctx;
  const known = stored.grant?.run === run ? stored.grant : null;
  const all = await rereadsLeft(source, known?.rest);
  allowance.rereads = all;
  let state = stored;
  let left = known?.own ?? null;
  if (left === null) {
    const met = memory.takeThreads(channel.id);
    const isWalking = isWalkDue(source, stored, met, now);
    // Slack may ask to wait for the walk; whoever goes on then has to know what the run has left.
    // Said once: each page counts as progress, also where the walk gets nowhere.
    if (isWalking && known?.rest !== all)
      yield lanePage({ ...stored, grant: { run, own: null, rest: all } });
    const due = isWalking
      ? await walkOn(source, channel, stored, now)
      : withDue(source, stored, met, now);
    left = Math.min(due.due.length, all);
    allowance.rereads = all - left;
    state = { ...due, grant: { run, own: left, rest: all - left } };
    if (left > 0 || due !== stored) yield lanePage(state);
  }
  while (left > 0) {
    ctx.signal.throwIfAborted();
    const count = Math.min(left, PAGE_THREADS);
    const { done, error, ...page } = await reread(source, channel, state.due.slice(0, count));
    left -= done;
    const grant = state.grant && { ...state.grant, own: left };
    state = { ...state, due: state.due.slice(done), grant };
    if (done > 0) yield lanePage(state, page);
    // What was read before Slack asked to wait is kept: in the slow tier a page is never whole.
    if (error !== null) throw error;
  }
  if (now - state.until > cycleOf(source)) yield lanePage(state, { gapReason: AUDIT_OVERDUE });
}

/** Whether the turn of a thread lies in a stretch of time. */
export function isDue(ts: Timestamp, cycleMs: number, since: number, until: number): boolean {
  const phase = (hash32(ts) / 2 ** 32) * cycleMs;
  return Math.floor((until - phase) / cycleMs) > Math.floor((since - phase) / cycleMs);
}

const cycleOf = ({ config }: SlackSource): number => config.audit_days * DAY_MS;

/** What is due by the threads that a listing has met; null: none has listed the channel whole. */
function withDue(
  source: SlackSource,
  state: AuditState,
  met: readonly Timestamp[] | null,
  now: number,
): AuditState {
  if (state.due.length > 0 || met === null) return state;
  const cycleMs = cycleOf(source);
  const due = met.filter((ts) => isDue(ts, cycleMs, state.until, now));
  return due.length <= MAX_DUE ? { ...state, until: now, due } : cut(state, due, cycleMs);
}

/** Where channels are too long to be listed whole in a run, the audit has to look for itself. */
function isWalkDue(
  source: SlackSource,
  { due, walk, until }: AuditState,
  met: readonly Timestamp[] | null,
  now: number,
): boolean {
  if (due.length > 0) return false;
  return walk !== null || (met === null && now - until > cycleOf(source) / 7);
}

/** More than fit: those with the earliest turns. */
function cut(state: AuditState, due: readonly Timestamp[], cycleMs: number): AuditState {
  const turnOf = (ts: Timestamp): number => {
    const phase = (hash32(ts) / 2 ** 32) * cycleMs;
    return phase + (Math.floor((state.until - phase) / cycleMs) + 1) * cycleMs;
  };
  const sorted = [...due].sort((a, b) => turnOf(a) - turnOf(b)).slice(0, MAX_DUE);
  return { ...state, until: turnOf(sorted.at(-1)!), due: sorted };
}

/** One page of the audit's own walk. */
async function walkOn(
  source: SlackSource,
  channel: ChannelView,
  state: AuditState,
  now: number,
): Promise<AuditState> {
  const { api, pageMessages, names, config } = source;
  const { before, to } = state.walk ?? { before: null, to: now };
  const query = { channel: channel.id, limit: pageMessages };
  const page = await api
    .history({ ...query, ...(before !== null && { latest: before }) })
    .catch(lostAsNull);
  if (page === null) return state;
  const parents = page.messages.filter((message) => isThread(message) && !isReply(message));
  const threads = await names.complete(api, () =>
    parents.filter((parent) => !isOfBotsOnly(parent, config.bots, names)),
  );
  const due = threads
    .map(({ ts }) => ts)
    .filter((ts) => isDue(ts, cycleOf(source), state.until, to));
  const oldest = page.messages.map(({ ts }) => ts).sort(compareTimestamps)[0];
  if (!page.hasMore || oldest === undefined) return { ...state, until: to, due, walk: null };
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
