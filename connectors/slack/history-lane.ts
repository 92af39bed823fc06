import type { Checkpoint, Page } from '../sdk/contract.js';
import { slicePages, takeWholeListing } from './call-shares.js';
import { isOutOfReach } from './channels.js';
import {
  afterPage,
  HistoryState,
  NO_HISTORY,
  sliceWalk,
  topWalk,
  type Walk,
  wholeWalk,
} from './history-state.js';
import { lanePage } from './lane-page.js';
import { HistoryWalk } from './list-page.js';
import type { ListedPage } from './listing.js';
import type { ChannelView } from './slack-documents.js';
import type { SlackSource } from './slack-source.js';

/** While an old stretch is being read, new messages are looked for this often. */
const MIN_TOP_SECONDS = 300;

/** The channel is too long to be listed whole in every run: docs/adr/0014-ranges-prove-deletions.md */
const ROTATING = 'rotating';

/**
 * Everything in a channel: first once from the newest message to the oldest; then again in every
 * run, while that fits into a tenth of the calls that Slack allows, else the newest messages and
 * one slice of the history per run.
 */
export async function* historyLane(
  source: SlackSource,
  channel: ChannelView,
  checkpoint: Checkpoint | null,
): AsyncGenerator<Page> {
  const { ctx, memory } = source;
  // A checkpoint that cannot be read is as good as none.
  const stored = HistoryState.safeParse(checkpoint).data ?? NO_HISTORY;
  let state = await withWork(source, channel.id, stored);
  let walk = new HistoryWalk(source, channel);
  for (let current = state.walks.at(-1); current; current = state.walks.at(-1)) {
    ctx.signal.throwIfAborted();
    const depth = state.walks.length;
    const isFirst = current.kind === 'whole' && current.position.before === null;
    if (isFirst) memory.beginListing(channel.id);
    const page = await pageOrLoss(walk, current.position);
    if (page === 'out_of_reach') {
      const gapReason = 'The channel is out of reach since the listing began.';
      yield lanePage(state, { gapReason });
      return;
    }
    if (current.kind === 'whole') memory.meet(channel.id, page.threads);
    state = afterPage(state, page, ctx.clock.now().getTime());
    const isOver = state.walks.length < depth;
    if (isOver && current.kind === 'whole') memory.endListing(channel.id);
    yield toPage(state, page, current, isOver);
    if (isOver) walk = new HistoryWalk(source, channel);
  }
}

function toPage(state: HistoryState, page: ListedPage, walk: Walk, isOver: boolean): Page {
  const { documents, skipped, range } = page;
  const isLast = isOver && state.walks.length === 0;
  const isWhole = walk.kind === 'whole' || (walk.kind === 'top' && page.ended);
  const gap = page.gap ?? walk.gap ?? (isWhole ? null : ROTATING);
  return lanePage(state, {
    documents,
    skipped,
    complete: isLast && gap === null,
    ...(isLast && gap !== null && { gapReason: gap }),
    ...(range && { range }),
  });
}

/** A channel that was left or deleted meanwhile is settled by the next run, which does not list it. */
async function pageOrLoss(
  walk: HistoryWalk,
  position: Parameters<HistoryWalk['next']>[0],
): Promise<ListedPage | 'out_of_reach'> {
  try {
    return await walk.next(position);
  } catch (error) {
    if (isOutOfReach(error)) return 'out_of_reach';
    throw error;
  }
}

/** What there is to do in this run, or still to do of the last one. */
async function withWork(
  source: SlackSource,
  channel: string,
  stored: HistoryState,
): Promise<HistoryState> {
  const { allowance, ctx } = source;
  if (stored.grant && stored.grant.run === ctx.run)
    allowance.pages = Math.min(allowance.pages ?? Infinity, stored.grant.rest);
  const state = await withWalks(source, channel, stored);
  const { pages: rest } = allowance;
  return { ...state, grant: ctx.run !== null && rest !== null ? { run: ctx.run, rest } : null };
}

async function withWalks(
  source: SlackSource,
  channel: string,
  state: HistoryState,
): Promise<HistoryState> {
  const top = topWalk(state.newest);
  if (state.walks.length > 0)
    return isTopDue(source, state) ? { ...state, walks: [...state.walks, top] } : state;
  if (state.parents === null || (await takeWholeListing(source, channel, state.parents)))
    return { ...state, walks: [wholeWalk()] };
  if (state.slice === null) return { ...state, walks: [top] };
  const slice = sliceWalk(state.slice, await slicePages(source));
  return { ...state, walks: [slice, top] };
}

function isTopDue({ ctx }: SlackSource, { walks, topAt, newest }: HistoryState): boolean {
  const isAtTop = walks.some(
    ({ kind, position }) => kind === 'top' || (kind === 'whole' && position.before === null),
  );
  if (isAtTop || newest === null || topAt === null) return false;
  const seconds = (ctx.clock.now().getTime() - topAt) / 1000;
  return seconds >= Math.max(MIN_TOP_SECONDS, (ctx.interval ?? 0) / 2);
}
