import { intArray, vectorBytes } from '../binary-arrays.js';
import { leavesOutRows } from '../rows/memory-conditions.js';
import { Parameters } from '../rows/parameters.js';
import type { IndexQuery } from '../vector-index.js';
import type { DenseScan } from './dense-plan.js';
import { asFilter, DENSE, scopeOf, SearchArms, WORDS } from './search-arms.js';

/** What the words arm looks for. */
export interface WordsQuery {
  /** Keys of the GIN index; a memory with none of them is no candidate of this arm. */
  readonly gate: readonly number[];
  /** The query's weights as a `sparsevec` literal: the inner product is BM25. */
  readonly weights: string;
}

export interface CandidateStatement {
  readonly text: string;
  readonly values: unknown[];
  /** One of few texts that most searches use, so it may stay prepared. */
  readonly common: boolean;
}

/** Depths of common statements are multiples of this: those of limits up to 50, 75 and 100. */
const COMMON_DEPTH = 100;
/** Marks a score by which an arm has found the memory. */
const BY_ARM = '!';
const NO_SCORE = '-';

export interface FoundCandidate {
  readonly memoryId: string;
  /** Minus the cosine; null when the memory has no vector or the query none. */
  readonly distance: number | null;
  /** Minus BM25; null when the query has no words. */
  readonly product: number | null;
  readonly inDense: boolean;
  readonly inWords: boolean;
}

/** Which arms a statement runs. What it finds has both scores all the same. */
export type AskedArms = 'both' | 'dense' | 'words';

/** One text for all candidates: `pg` takes several times as long for hundreds of rows. */
export interface CandidateRow {
  /** `id distance product`, joined with commas; see `readCandidates`. Null where there are none. */
  readonly found: string | null;
}

/**
 * One statement: each arm ranks its best `depth`, their union gets the score that one arm lacks by
 * primary key. Vectors have unit length, so the inner product is the cosine; unlike the cosine
 * operator it gives a number for the zero vector too.
 * @param scan how the dense arm reads; without a query vector it has no arm
 * @param asked of the arms that the query has
 */
export function candidateStatement(
  query: IndexQuery,
  words: WordsQuery | null,
  scan: DenseScan,
  asked: AskedArms = 'both',
): CandidateStatement {
  const parameters = new Parameters();
  const scope = scopeOf(query.collectionIds, parameters);
  const dense = query.embedding && `${parameters.add(vectorBytes(query.embedding))}::vector`;
  const sparse = words && `${parameters.add(words.weights)}::sparsevec`;
  const arms = new SearchArms(query, scope, parameters);
  const parts: string[] = [];
  const found: string[] = [];
  if (dense && asked !== 'words') {
    parts.push(...arms.dense(dense, scan));
    found.push(`select memory_id, score, null::float8 from ${DENSE}`);
  }
  if (words && sparse && asked !== 'dense') {
    parts.push(...arms.words(sparse, `${parameters.add(intArray(words.gate))}::int[]`));
    found.push(`select memory_id, null::float8, score from ${WORDS}`);
  }
  return {
    text: `with ${parts.join(', ')}, found (memory_id, distance, product) as (
        select memory_id, min(distance), min(product)
        from (${found.join(' union all ')}) u (memory_id, distance, product)
        group by memory_id)
      select string_agg(f.memory_id || ' ' ||
        ${scoreText('f.distance', missingDistance(dense, query.space.id, asFilter(scope('v'))))} || ' ' ||
        ${scoreText('f.product', missingProduct(sparse))}, ',') as found
      from found f`,
    values: parameters.values,
    common: !leavesOutRows(query) && query.depth % COMMON_DEPTH === 0,
  };
}

/** Reads what the statement answers. */
export function readCandidates([row]: readonly CandidateRow[]): FoundCandidate[] {
  if (!row?.found) return [];
  return row.found.split(',').map((line) => {
    const [memoryId, distance, product] = line.split(' ') as [string, string, string];
    return {
      memoryId,
      distance: scoreOf(distance),
      product: scoreOf(product),
      inDense: distance.endsWith(BY_ARM),
      inWords: product.endsWith(BY_ARM),
    };
  });
}

/** What two statements found, one for each arm, as one statement for both of them answers it. */
export function joinFound(
  dense: readonly FoundCandidate[],
  words: readonly FoundCandidate[],
): FoundCandidate[] {
  const byWords = new Set(words.map(({ memoryId }) => memoryId));
  const byDense = new Set(dense.map(({ memoryId }) => memoryId));
  return [
    ...dense.map((row) => ({ ...row, inWords: byWords.has(row.memoryId) })),
    ...words.filter(({ memoryId }) => !byDense.has(memoryId)),
  ];
}

function scoreText(found: string, missing: string): string {
  return `coalesce(${found} || '${BY_ARM}', (${missing})::text, '${NO_SCORE}')`;
}

function scoreOf(text: string): number | null {
  return text === NO_SCORE ? null : Number.parseFloat(text);
}

function missingDistance(dense: string | null, space: number, scope: string): string {
  if (!dense) return 'null';
  return `select v.embedding <#> ${dense} from vectors v
    where v.memory_id = f.memory_id and v.space_id = ${space} and ${scope}`;
}

function missingProduct(sparse: string | null): string {
  if (!sparse) return 'null';
  return `select w.weights <#> ${sparse} from words w where w.memory_id = f.memory_id`;
}
