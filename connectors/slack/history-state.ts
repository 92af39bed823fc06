import { z } from 'zod';
import { type ListedPage, Position, START } from './listing.js';
import { compareTimestamps, newestOf, type Timestamp, toMilliseconds } from './timestamp.js';

/**
 * One walk down a channel. `whole`: from the newest message to the first one. `top`: down to what
 * is known. `slice`: some pages from where the last slice ended.
 */
export const Walk = z.object({
  kind: z.enum(['whole', 'top', 'slice']),
  position: Position,
  /** Top: newest message that is known already. */
  until: z.string().nullable(),
  /** Slice: pages still to list. */
  pages: z.number().nullable(),
  /** Newest message met so far. */
  newest: z.string().nullable(),
  parents: z.number(),
  /** Met on the way: a walk that goes on later does not look more complete than it is. */
  gap: z.string().nullable(),
});

export type Walk = z.infer<typeof Walk>;

/** Checkpoint of the history lane. */
export const HistoryState = z.object({
  /** What is under way, innermost last; empty between two runs. */
  walks: z.array(Walk),
  /** Newest message when the last walk from the top began; what is newer is new. */
  newest: z.string().nullable(),
  /** When the newest messages were last asked for, ms. */
  topAt: z.number().nullable(),
  /** Messages and parents found by the last whole walk; null: there was none yet. */
  parents: z.number().nullable(),
  /** Where the next slice begins; null: below the newest page. */
  slice: Position.nullable(),
  /** What a run may still call for whole listings of the channels after this one. */
  grant: z.object({ run: z.string(), rest: z.number() }).nullable().default(null),
});

export type HistoryState = z.infer<typeof HistoryState>;

export const NO_HISTORY: HistoryState = {
  walks: [],
  newest: null,
  topAt: null,
  parents: null,
  slice: null,
  grant: null,
};

const walk = (kind: Walk['kind'], more: Partial<Walk> = {}): Walk => ({
  kind,
  position: START,
  until: null,
  pages: null,
  newest: null,
  parents: 0,
  gap: null,
  ...more,
});

export const wholeWalk = (): Walk => walk('whole');

/** Everything newer than what is known; all there is when nothing is. */
export const topWalk = (until: Timestamp | null): Walk => walk('top', { until });

export const sliceWalk = (position: Position, pages: number): Walk =>
  walk('slice', { position, pages });

/** The walk after a page. */
export function advance(before: Walk, page: ListedPage): Walk {
  return {
    ...before,
    position: page.position,
    newest: newestOf(before.newest ?? undefined, page.newest) ?? null,
    parents: before.parents + page.parents,
    // A slice of a busy stretch goes on until it has somewhere to end.
    pages: before.pages === null ? null : Math.max(0, before.pages - 1),
    gap: page.gap ?? before.gap,
  };
}

/** Whether a walk is over with this page. */
export function isOver(walk: Walk, page: ListedPage): boolean {
  if (page.ended) return true;
  if (walk.kind === 'slice') return walk.pages === 0 && restOf(page) !== null;
  return walk.kind === 'top' && isKnown(walk, page);
}

/** Everything that is newer than what is known is listed, its session to its beginning. */
function isKnown({ until, position }: Walk, { oldest }: ListedPage): boolean {
  if (until === null || oldest === undefined) return false;
  const [newestHeld] = position.held;
  const open = newestHeld !== undefined && compareTimestamps(newestHeld.ts, until) > 0;
  return compareTimestamps(oldest, until) <= 0 && !open;
}

/** Where a later walk may begin: at the beginning of a session, since its end is not remembered. */
export function restOf({ boundary, position, oldest }: ListedPage): Position | null {
  const start = position.held.length === 0 ? oldest : boundary;
  if (start === undefined) return null;
  return { before: start, to: toMilliseconds(start), held: [], waiting: position.waiting };
}

/** The state after a page of its innermost walk. */
export function afterPage(state: HistoryState, page: ListedPage, now: number): HistoryState {
  const current = state.walks.at(-1)!;
  const outer = state.walks.slice(0, -1);
  const walked = advance(current, page);
  const isTop = current.position.before === null && current.kind !== 'slice';
  const next = { ...state, ...(isTop && { topAt: now }) };
  // A whole walk goes on to the end, so what is newer than its first page is all that is new.
  if (current.kind === 'whole' && isTop) next.newest = walked.newest ?? state.newest;
  if (!isOver(walked, page)) return { ...next, walks: [...outer, walked] };
  if (current.kind === 'whole') {
    next.parents = walked.parents;
    next.slice = null;
  }
  if (current.kind === 'top') {
    next.newest = newestOf(state.newest ?? undefined, walked.newest ?? undefined) ?? null;
    next.slice ??= page.ended ? null : restOf(page);
  }
  if (current.kind === 'slice') next.slice = page.ended ? null : restOf(page);
  return { ...next, walks: outer };
}
