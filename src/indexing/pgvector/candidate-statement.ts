import { intArray, uuidArray, vectorBytes } from '../binary-arrays.js';
import type { IndexQuery } from '../vector-index.js';
import { leavesOutRows, memoryConditions, VISIBLE } from '../rows/memory-conditions.js';
import { Parameters } from '../rows/parameters.js';
import type { DenseScan } from './dense-plan.js';

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
 */
export function candidateStatement(
  query: IndexQuery,
  words: WordsQuery | null,
  scan: DenseScan,
): CandidateStatement {
  const parameters = new Parameters();
  const scopeOf = scopeCondition(query.collectionIds, parameters);
  const dense = query.embedding && `${parameters.add(vectorBytes(query.embedding))}::vector`;
  const sparse = words && `${parameters.add(words.weights)}::sparsevec`;
  const exclude = query.filter.excludeIds?.length
    ? parameters.add(uuidArray(query.filter.excludeIds))
    : null;
  const filtered = leavesOutRows(query);
  const rowConditions = filtered
    ? [
        `m.tenant_id = ${parameters.add(query.tenant)}`,
        scopeOf('m'),
        VISIBLE,
        ...memoryConditions(query.filter, parameters),
      ]
    : [];
  const space = String(query.space.id);

  if (exclude) rowConditions.push(`i.memory_id <> all(${exclude}::uuid[])`);

  /** One arm: ids and scores of the best `depth` of a table. */
  const arm = (
    table: string,
    score: string,
    order: string,
    conditions: string[],
    pages = '',
  ): string => {
    const all = [...conditions, ...rowConditions];
    return `select i.memory_id, ${score} as score from ${table} i ${pages}
      ${filtered ? 'join memories m on m.id = i.memory_id' : ''}
      where ${all.join('\n and ')} order by ${order} limit ${query.depth}`;
  };
  const arms: string[] = [];
  if (dense) {
    const distance = `i.embedding <#> ${dense}`;
    // Only this spelling matches the HNSW index; only the other one is sure not to.
    const order =
      scan.kind === 'hnsw' ? `i.embedding::${scan.type} <#> ${dense}::${scan.type}` : distance;
    const ofSpace = `i.space_id = ${space}`;
    const scopes = {
      hnsw: [ofSpace, asFilter(scopeOf('i'))],
      collections: [ofSpace, scopeOf('i')],
      table: [asFilter(`${ofSpace} and ${scopeOf('i')}`)],
    };
    let conditions = scopes[scan.kind];
    if (scan.kind === 'table' && scan.sample !== null) {
      const pages = `tablesample system (${parameters.add(scan.sample)}::real)`;
      arms.push(`sample as materialized (
        ${arm('vectors', distance, order, conditions, pages)})`);
      // Vectors of other spaces may have another length, which the operator refuses.
      const bound = `${distance} <= ${worstOf('sample', query.depth)}`;
      conditions = [`case when ${conditions.join(' and ')} then ${bound} else false end`];
    }
    arms.push(`dense as materialized (
      ${arm('vectors', distance, order, conditions)})`);
  }
  if (sparse) {
    const product = `i.weights <#> ${sparse}`;
    const gate = parameters.add(intArray(words.gate));
    // The gate's keys are of these collections already.
    const scope = [`i.terms && ${gate}::int[]`, asFilter(scopeOf('i'))];
    arms.push(`words_arm as materialized (
      ${arm('words', product, product, scope)})`);
  }
  const found = [
    dense && `select memory_id, score as distance, null::float8 as product from dense`,
    sparse && `select memory_id, null::float8, score from words_arm`,
  ].filter((part) => part !== null);
  return {
    text: `with ${arms.join(', ')}, found (memory_id, distance, product) as (
        select memory_id, min(distance), min(product)
        from (${found.join(' union all ')}) u (memory_id, distance, product)
        group by memory_id)
      select string_agg(f.memory_id || ' ' ||
        ${scoreText('f.distance', missingDistance(dense, space, asFilter(scopeOf('v'))))} || ' ' ||
        ${scoreText('f.product', missingProduct(sparse, query.mode))}, ',') as found
      from found f`,
    values: parameters.values,
    common: !filtered && query.depth % COMMON_DEPTH === 0,
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

function scoreText(found: string, missing: string): string {
  return `coalesce(${found} || '${BY_ARM}', (${missing})::text, '${NO_SCORE}')`;
}

function scoreOf(text: string): number | null {
  return text === NO_SCORE ? null : Number.parseFloat(text);
}

/** For one collection `=`, which is cheaper than a look into an array for each of 100,000 rows. */
function scopeCondition(
  collectionIds: readonly string[],
  parameters: Parameters,
): (table: string) => string {
  if (collectionIds.length === 1) {
    const one = parameters.add(collectionIds[0]);
    return (table) => `${table}.collection_id = ${one}::uuid`;
  }
  const several = parameters.add(uuidArray(collectionIds));
  return (table) => `${table}.collection_id = any(${several}::uuid[])`;
}

/** Everything that belongs to the best `depth` scores as well as this; nothing bounds a few. */
function worstOf(sample: string, depth: number): string {
  return `(select case when count(*) = ${depth} then max(score) else 'Infinity' end from ${sample})`;
}

/** Keeps a condition from an index: reading that beside a better one costs more than it leaves out. */
function asFilter(condition: string): string {
  return `coalesce(${condition}, false)`;
}

function missingDistance(dense: string | null, space: string, scope: string): string {
  if (!dense) return 'null';
  return `select v.embedding <#> ${dense} from vectors v
    where v.memory_id = f.memory_id and v.space_id = ${space} and ${scope}`;
}

function missingProduct(sparse: string | null, mode: IndexQuery['mode']): string {
  if (!sparse || mode === 'vector') return 'null';
  return `select w.weights <#> ${sparse} from words w where w.memory_id = f.memory_id`;
}
