import type { Filter } from '../schemas/filter.schema.js';
import type { Prefetch, Query, QueryRequest } from '../schemas/query.schema.js';
import type { AnyVector } from '../schemas/vector.schema.js';
import { compareIds, type Collection, type StoredPoint } from './collection.js';
import { formulaScore } from './formula.js';
import { strictMode, wrongInput } from './qdrant-error.js';
import { rrf } from './reciprocal-rank-fusion.js';
import { checkFilter, checkTenant, type UsageRules } from './usage-rules.js';
import { fitted, score } from './vectors.js';

export interface ScoredPoint {
  readonly point: StoredPoint;
  readonly score: number;
}

const DEFAULT_LIMIT = 10;
const MOST_PREFETCH_DEPTH = 64;
const SCROLL_SCORE = 1;

/** The plan of lib/shard/src/query/planned_query.rs of v1.18.3, over all points. */
export class QueryRun {
  constructor(
    private readonly collection: Collection,
    private readonly rules: UsageRules,
  ) {}

  /** @throws QdrantError */
  run(request: QueryRequest): ScoredPoint[] {
    const offset = request.offset ?? 0;
    const limit = (request.limit ?? DEFAULT_LIMIT) + offset;
    this.check(request);
    return this.resolve({ ...request, limit }, [], 0).slice(offset);
  }

  private check({ limit, filter, prefetch }: Prefetch): void {
    const { collection, rules } = this;
    const asked = limit ?? DEFAULT_LIMIT;
    const most = collection.strict.max_query_limit;
    if (most != null && asked > most) {
      throw strictMode(
        `Limit exceeded ${asked} > ${most} for "limit"`,
        `Reduce the "limit" parameter to or below ${most}.`,
      );
    }
    if (filter != null) checkFilter(collection, filter, 'read', rules);
    for (const source of sourcesOf(prefetch)) this.check(source);
  }

  /** @param outer filters of the levels above: they hold for every source below */
  private resolve(stage: Prefetch, outer: readonly Filter[], depth: number): ScoredPoint[] {
    if (depth > MOST_PREFETCH_DEPTH) {
      throw invalid(`prefetches depth ${depth} exceeds max depth ${MOST_PREFETCH_DEPTH}`);
    }
    const filters = stage.filter == null ? outer : [...outer, stage.filter];
    const sources = sourcesOf(stage.prefetch).map((source) =>
      this.resolve(source, filters, depth + 1),
    );
    const limit = stage.limit ?? DEFAULT_LIMIT;
    if (sources.length === 0) return this.leaf(stage, filters).slice(0, limit);
    if (stage.query == null) throw invalid('cannot have prefetches without a query');
    return this.rescored(stage, stage.query, sources).slice(0, limit);
  }

  private leaf(stage: Prefetch, filters: readonly Filter[]): ScoredPoint[] {
    const { query } = stage;
    const points = this.collection.select(...filters);
    if (query == null) return [...points].map((point) => ({ point, score: SCROLL_SCORE }));
    const vector = vectorOf(query);
    if (vector === null) {
      const kind = 'formula' in query ? 'Formula' : 'Fusion';
      throw invalid(`cannot apply ${kind} without prefetches`);
    }
    checkTenant(this.collection, filters, this.rules);
    return this.nearest(vector, stage, points);
  }

  private rescored(stage: Prefetch, query: Query, sources: ScoredPoint[][]): ScoredPoint[] {
    const threshold = stage.score_threshold ?? -Infinity;
    const vector = vectorOf(query);
    const candidates = new Map(sources.flat().map(({ point }) => [point.id, point]));
    if (vector !== null) return this.nearest(vector, stage, candidates.values());
    if ('formula' in query) {
      const scores = sources.map((list) => new Map(list.map((hit) => [hit.point.id, hit.score])));
      const rated = [...candidates.values()].map((point) => ({
        point,
        score: formulaScore(point, scores, query),
      }));
      return best(rated.filter((hit) => hit.score >= threshold));
    }
    const { k, weights } = 'rrf' in query ? query.rrf : {};
    return best(rrf(sources, k, weights).filter((hit) => hit.score >= threshold));
  }

  private nearest(
    vector: AnyVector,
    stage: Prefetch,
    points: Iterable<StoredPoint>,
  ): ScoredPoint[] {
    const name = stage.using ?? '';
    const query = fitted(this.collection.spaces, name, vector);
    const threshold = stage.score_threshold ?? -Infinity;
    const hits: ScoredPoint[] = [];
    for (const point of points) {
      const stored = point.vectors.get(name);
      const value = stored === undefined ? null : score(query, stored);
      if (value !== null && value > threshold) hits.push({ point, score: value });
    }
    return best(hits);
  }
}

function sourcesOf(prefetch: Prefetch['prefetch']): Prefetch[] {
  if (prefetch == null) return [];
  return Array.isArray(prefetch) ? prefetch : [prefetch];
}

function vectorOf(query: Query): AnyVector | null {
  if (Array.isArray(query) || 'indices' in query) return query;
  return 'nearest' in query ? query.nearest : null;
}

/** By score; the server promises nothing among equals, here they come by id. */
function best(hits: ScoredPoint[]): ScoredPoint[] {
  return hits.sort((a, b) => b.score - a.score || compareIds(a.point.id, b.point.id));
}

function invalid(text: string): Error {
  return wrongInput(`Validation failed: ${text}`);
}
