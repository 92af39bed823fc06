import type { IndexState } from '../../indexing/index-admin.schema.js';
import type { CliContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { ProgressBoard } from '../output/progress-board.js';
import { shareLine } from '../output/progress-line.js';
import { plural } from '../output/quantities.js';
import { withIndex } from '../server/index-door.js';
import { lookUntil } from './look-until.js';

/** Has the whole index built anew from the rows and shows how far that is. */
export async function rebuildIndex(
  context: CliContext,
  { operatorKey, wait }: { operatorKey?: string; wait: boolean },
): Promise<void> {
  await withIndex(context, operatorKey, { workers: wait }, async (api, door) => {
    const started = await api.rebuildIndex(door);
    const ended = wait ? await followRebuild(context, started, () => api.index(door)) : started;
    if (wait && ended.last_error !== null) context.exitCode = EXIT.failure;
    context.answer(ended, () => [summaryOf(ended, wait)]);
  });
}

async function followRebuild(
  context: CliContext,
  started: IndexState,
  look: () => Promise<IndexState>,
): Promise<IndexState> {
  const { clock } = context.runtime;
  const board = new ProgressBoard(context.terminal, clock);
  const begun = clock.now().getTime();
  const progress = new RebuildProgress();
  let first: IndexState | undefined = started;
  try {
    return await lookUntil(
      context,
      () => {
        const state = first ? Promise.resolve(first) : look();
        first = undefined;
        return state;
      },
      (state) => {
        const { done, total } = progress.of(state);
        const rate = done / Math.max(1, (clock.now().getTime() - begun) / 1000);
        const eta = rate > 0 ? (total - done) / rate : null;
        if (state.rebuilding && !context.json)
          board.show([
            total > 0 ? shareLine('index', { done, total, rate, eta }) : 'index  building',
          ]);
        return !state.rebuilding;
      },
    );
  } finally {
    board.clear();
  }
}

/**
 * How far a rebuild is, of all the spaces that were seen in it: one that is done counts as done. It
 * never goes back, though what is written meanwhile waits with the rest and is counted there.
 */
export class RebuildProgress {
  private readonly spaces = new Map<number, { done: number; total: number }>();
  private share = 0;

  of(state: IndexState): { done: number; total: number } {
    const now = new Map(state.spaces.map((space) => [space.id, space]));
    for (const { id, building, left, total } of now.values())
      if (building !== null) this.spaces.set(id, { done: Math.max(0, total - left), total });
    let [done, total] = [0, 0];
    for (const [id, space] of this.spaces) {
      done += now.get(id)?.building == null ? space.total : space.done;
      total += space.total;
    }
    this.share = Math.max(this.share, total === 0 ? 0 : done / total);
    return { done: Math.round(this.share * total), total };
  }
}

function summaryOf(state: IndexState, waited: boolean): string {
  if (state.last_error !== null) return `The rebuild failed: ${state.last_error}`;
  if (!waited && state.rebuilding) return 'The rebuild has begun.';
  const vectors = plural(
    sum(state, ({ vectors: count }) => count),
    'vector',
  );
  return `The index is up to date: ${vectors} in ${plural(state.spaces.length, 'space')}.`;
}

function sum(state: IndexState, of: (space: IndexState['spaces'][number]) => number): number {
  return state.spaces.reduce((total, space) => total + of(space), 0);
}
