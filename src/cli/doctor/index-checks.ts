import { noDrift } from '../../reindex/findings.js';
import type { IndexState } from '../../indexing/index-admin.schema.js';
import type { DriftKind, IndexCheck } from '../../reindex/index-check.schema.js';
import { ApiError } from '../cli-error.js';
import type { CliContext } from '../context.js';
import type { IndexDoor, TributaryApi } from '../http/tributary-api.js';
import { ProgressBoard } from '../output/progress-board.js';
import { formatCount, plural } from '../output/quantities.js';
import { attempt, fail, ok, skip, type Check } from './check.js';

const NAME = 'index';

const DRIFT: Record<DriftKind, [one: string, many: string]> = {
  memories_without_vector: ['memory without a vector', 'memories without a vector'],
  memories_without_words: ['memory without words', 'memories without words'],
  vectors_of_no_use: ['vector of no use', 'vectors of no use'],
  collections_miscounted: ['collection with wrong counts', 'collections with wrong counts'],
  rows_without_point: ['row without a point', 'rows without a point'],
  points_out_of_date: ['point out of date', 'points out of date'],
  points_without_row: ['point without a row', 'points without a row'],
  dead_collections: ['dead collection in Qdrant', 'dead collections in Qdrant'],
};

type Drift = Pick<IndexCheck, 'found' | 'mended' | 'checked' | 'unconfigured_models'>;
type Waiting = IndexState['outbox'];

/** Compares rows with index in as many requests as it takes. */
export function checkIndex(
  context: CliContext,
  api: TributaryApi,
  door: IndexDoor,
  repair: boolean,
): Promise<Check> {
  return attempt(NAME, async () => {
    const board = new ProgressBoard(context.terminal, context.runtime.clock);
    const drift: Drift = {
      found: noDrift(),
      mended: noDrift(),
      checked: 0,
      unconfigured_models: [],
    };
    let cursor: string | undefined;
    let waiting: Waiting;
    try {
      do {
        const part = await api.checkIndex(door, { repair, cursor });
        add(drift, part);
        cursor = part.cursor ?? undefined;
        const looked = `index  ${formatCount(drift.checked)} memories and points checked`;
        if (!context.json) board.show([looked]);
      } while (cursor !== undefined);
      waiting = (await api.index(door)).outbox;
    } catch (error) {
      // Another key than that of this machine was given, which may not know.
      if (!(error instanceof ApiError && error.code === 'forbidden')) throw error;
      return skip(NAME, 'not checked: that key may not');
    } finally {
      board.clear();
    }
    return judgeIndex(drift, waiting, repair);
  });
}

/** @param waiting no drift, but where it cannot be written somebody must hear of it */
export function judgeIndex(
  { found, mended, checked, ...drift }: Drift,
  waiting: Pick<Waiting, 'marks' | 'errors'>,
  repair: boolean,
): Check {
  const kinds = Object.keys(DRIFT) as DriftKind[];
  const list = (counts: (kind: DriftKind) => number): string[] =>
    kinds.filter((kind) => counts(kind) > 0).map((kind) => plural(counts(kind), ...DRIFT[kind]));
  const left = list((kind) => found[kind] - mended[kind]);
  const done = list((kind) => mended[kind]);
  const mending = done.length > 0 ? `mended: ${done.join(', ')}` : '';
  const points = `${plural(waiting.marks, 'point waits', 'points wait')} to be written`;
  const [stuck] = waiting.errors;
  if (left.length === 0) {
    const all = mending || `${formatCount(checked)} memories and points checked, no drift`;
    if (stuck) return fail(NAME, `${all}; ${points}: ${stuck.error}`);
    return ok(NAME, waiting.marks > 0 ? `${all}; ${points}` : all);
  }
  const models = [...new Set(drift.unconfigured_models)].join(', ');
  const hint = repair
    ? `not configured: ${models}`
    : '"tributary doctor --repair" mends what it can';
  const told = stuck ? `${points}: ${stuck.error}` : '';
  return fail(
    NAME,
    [mending, left.join(', '), told, hint].filter((part) => part !== '').join('; '),
  );
}

function add(drift: Drift, part: IndexCheck): void {
  drift.checked += part.checked;
  drift.unconfigured_models.push(...part.unconfigured_models);
  for (const kind of Object.keys(DRIFT) as DriftKind[]) {
    drift.found[kind] += part.found[kind];
    drift.mended[kind] += part.mended[kind];
  }
}
