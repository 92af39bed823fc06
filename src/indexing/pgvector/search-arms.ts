import { uuidArray } from '../binary-arrays.js';
import { leavesOutRows, memoryConditions, VISIBLE } from '../rows/memory-conditions.js';
import type { Parameters } from '../rows/parameters.js';
import type { IndexQuery } from '../vector-index.js';
import type { DenseScan } from './dense-plan.js';

/** Names of what the arms find, each with `memory_id` and `score`, which is minus the likeness. */
export const DENSE = 'dense_arm';
export const WORDS = 'words_arm';
const SAMPLE = 'sample';

/** The condition that a row of this table is of the searched collections. */
export type Scope = (table: string) => string;

/** How one arm reads its table. */
interface Arm {
  readonly table: string;
  readonly score: string;
  /** Spelled as an index has it; default: the score. */
  readonly order?: string;
  readonly conditions: readonly string[];
  /** Which pages of the table it looks at; default: all. */
  readonly pages?: string;
}

/** The arms of one query, as parts of its `with` clause: ids and scores of the best `depth`. */
export class SearchArms {
  /** Of the row `i` of an arm and, with a filter, of its memory `m`. */
  private readonly rowConditions: readonly string[];
  private readonly join: string;

  constructor(
    private readonly query: IndexQuery,
    private readonly scope: Scope,
    private readonly parameters: Parameters,
  ) {
    const filtered = leavesOutRows(query);
    this.join = filtered ? 'join memories m on m.id = i.memory_id' : '';
    this.rowConditions = [...(filtered ? this.filter() : []), ...this.exclusion()];
  }

  /**
   * @param vector SQL of the query's vector
   * @returns `DENSE`, after the sample that it refers to, if any
   */
  dense(vector: string, scan: DenseScan): string[] {
    const score = `i.embedding <#> ${vector}`;
    // Only this spelling matches the HNSW index; only the other one is sure not to.
    const order =
      scan.kind === 'hnsw' ? `i.embedding::${scan.type} <#> ${vector}::${scan.type}` : score;
    const space = `i.space_id = ${this.query.space.id}`;
    const conditions = {
      hnsw: [space, asFilter(this.scope('i'))],
      collections: [space, this.scope('i')],
      table: [asFilter(`${space} and ${this.scope('i')}`)],
    }[scan.kind];
    const arm: Arm = { table: 'vectors', score, order, conditions };
    if (scan.kind !== 'table' || scan.sample === null) return [this.part(DENSE, arm)];
    const pages = `tablesample system (${this.parameters.add(scan.sample)}::real)`;
    return [
      this.part(SAMPLE, { ...arm, pages }),
      this.part(DENSE, { ...arm, conditions: [this.withinSample(conditions, score)] }),
    ];
  }

  /**
   * @param weights SQL of the query's weights, a `sparsevec`
   * @param gate SQL of an array of keys, those of the searched collections, so the index needs no
   *   other condition
   * @returns `WORDS`
   */
  words(weights: string, gate: string): string[] {
    const conditions = [`i.terms && ${gate}`, asFilter(this.scope('i'))];
    return [this.part(WORDS, { table: 'words', score: `i.weights <#> ${weights}`, conditions })];
  }

  /**
   * What belongs to the best scores as well as the worst of a full sample. Vectors of other spaces
   * may have another length, which the operator refuses.
   */
  private withinSample(conditions: readonly string[], score: string): string {
    const worst = `select case when count(*) = ${this.query.depth} then max(score)
      else 'Infinity' end from ${SAMPLE}`;
    return `case when ${conditions.join(' and ')} then ${score} <= (${worst}) else false end`;
  }

  private part(name: string, { table, score, order, conditions, pages }: Arm): string {
    return `${name} as materialized (
      select i.memory_id, ${score} as score from ${table} i ${pages ?? ''} ${this.join}
      where ${[...conditions, ...this.rowConditions].join('\n and ')}
      order by ${order ?? score} limit ${this.query.depth})`;
  }

  private filter(): string[] {
    const { tenant, filter } = this.query;
    return [
      `m.tenant_id = ${this.parameters.add(tenant)}`,
      this.scope('m'),
      VISIBLE,
      ...memoryConditions(filter, this.parameters),
    ];
  }

  private exclusion(): string[] {
    const { excludeIds } = this.query.filter;
    if (!excludeIds?.length) return [];
    return [`i.memory_id <> all(${this.parameters.add(uuidArray(excludeIds))}::uuid[])`];
  }
}

/** For one collection `=`, which is cheaper than a look into an array for each of 100,000 rows. */
export function scopeOf(collectionIds: readonly string[], parameters: Parameters): Scope {
  if (collectionIds.length === 1) {
    const one = parameters.add(collectionIds[0]);
    return (table) => `${table}.collection_id = ${one}::uuid`;
  }
  const several = parameters.add(uuidArray(collectionIds));
  return (table) => `${table}.collection_id = any(${several}::uuid[])`;
}

/** Keeps a condition from an index: reading that beside a better one costs more than it leaves out. */
export function asFilter(condition: string): string {
  return `coalesce(${condition}, false)`;
}
