import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { BoundedLabel } from './bounded-label.js';
import { Metrics, type DocumentCounts, type SourceCallObservation } from './metrics.js';

const REQUEST_SECONDS = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30];
const SEARCH_SECONDS = [0.005, 0.01, 0.02, 0.04, 0.08, 0.2, 0.5, 1, 5];
const CALL_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];
const WORK_SECONDS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10];

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const MAX_PROVIDERS = 50;
const MAX_SOURCE_METHODS = 200;
const MAX_ROUTES = 300;

export interface BuildInfo {
  readonly version: string;
  readonly role: string;
  readonly database: string;
  readonly index: string;
}

/** This process's numbers, in a registry of its own. */
export class PrometheusMetrics extends Metrics {
  readonly registry = new Registry();
  private readonly providers = new BoundedLabel(MAX_PROVIDERS);
  private readonly sourceMethods = new BoundedLabel(MAX_SOURCE_METHODS);
  private readonly routes = new BoundedLabel(MAX_ROUTES);

  private readonly requests = this.histogram(
    'tributary_http_request_duration_seconds',
    'Time until a request was answered, by pattern of its route',
    ['method', 'route', 'status'],
    REQUEST_SECONDS,
  );
  private readonly searches = this.histogram(
    'tributary_search_duration_seconds',
    'Time of a search, the embedding of the query included',
    ['mode', 'outcome'],
    SEARCH_SECONDS,
  );
  private readonly calls = this.histogram(
    'tributary_source_call_duration_seconds',
    'Time of a call to a source, waiting for a budget left out',
    ['provider', 'method', 'outcome'],
    CALL_SECONDS,
  );
  private readonly refusals = this.counter(
    'tributary_source_rate_limited_total',
    'Calls that a source refused because of their rate (429)',
    ['provider', 'method'],
  );
  private readonly batches = this.histogram(
    'tributary_embedding_batch_duration_seconds',
    'Time of embedding one batch of texts',
    ['outcome'],
    WORK_SECONDS,
  );
  private readonly texts = this.counter(
    'tributary_embedded_texts_total',
    'Texts that were embedded, queries included',
    [],
  );
  private readonly waits = this.histogram(
    'tributary_database_wait_seconds',
    'Time that a transaction waited for a connection',
    ['priority'],
    WORK_SECONDS,
  );
  private readonly attempts = this.counter(
    'tributary_run_attempts_total',
    'Ended attempts at runs; one that is parked or yielded is taken up again later',
    ['provider', 'outcome'],
  );
  private readonly documents = this.counter(
    'tributary_documents_synced_total',
    'Documents that runs settled, by what became of them',
    ['provider', 'change'],
  );
  private indexUp?: Gauge;

  /** @param clockAheadMs of the database's time; null where this machine's clock is the only one */
  constructor(build: BuildInfo, clockAheadMs: (() => number) | null = null) {
    super();
    collectDefaultMetrics({ register: this.registry });
    new Gauge({
      name: 'tributary_build_info',
      help: 'Always 1; the labels tell what runs',
      labelNames: ['version', 'role', 'database', 'index'],
      registers: [this.registry],
    }).set({ ...build }, 1);
    if (clockAheadMs) this.watchClock(clockAheadMs);
  }

  private watchClock(clockAheadMs: () => number): void {
    new Gauge({
      name: 'tributary_clock_ahead_seconds',
      help: "How far this machine's clock is ahead of the database's, whose time is used",
      registers: [this.registry],
      collect() {
        this.set(clockAheadMs() / 1000);
      },
    });
  }

  requestAnswered(method: string, route: string | null, status: number, seconds: number): void {
    const labels = {
      method: METHODS.has(method) ? method : 'OTHER',
      route: route === null ? 'none' : this.routes.of(route),
      status,
    };
    this.requests.observe(labels, seconds);
  }

  searched(mode: string, outcome: 'ok' | 'error', seconds: number): void {
    this.searches.observe({ mode, outcome }, seconds);
  }

  sourceCalled({ provider, method, outcome, rateLimited, seconds }: SourceCallObservation): void {
    const labels = { provider: this.providers.of(provider), method: this.sourceMethods.of(method) };
    this.calls.observe({ ...labels, outcome }, seconds);
    if (rateLimited) this.refusals.inc(labels);
  }

  embedded(texts: number, seconds: number): void {
    this.batches.observe({ outcome: texts > 0 ? 'ok' : 'error' }, seconds);
    this.texts.inc(texts);
  }

  waitedForDatabase(priority: 'interactive' | 'background', seconds: number): void {
    this.waits.observe({ priority }, seconds);
  }

  /** Only one that is told of has a series: none is up or down before, or with pgvector. */
  indexTried(up: boolean): void {
    this.indexUp ??= new Gauge({
      name: 'tributary_index_up',
      help: 'Whether Qdrant answered the last attempts of this process',
      registers: [this.registry],
    });
    this.indexUp.set(up ? 1 : 0);
  }

  attemptEnded(provider: string, outcome: string): void {
    this.attempts.inc({ provider: this.providers.of(provider), outcome });
  }

  documentsSettled(provider: string, counts: DocumentCounts): void {
    const label = this.providers.of(provider);
    for (const [change, n] of Object.entries(counts))
      if (n > 0) this.documents.inc({ provider: label, change }, n);
  }

  private histogram<L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    buckets: number[],
  ): Histogram<L> {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.registry] });
  }

  private counter<L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
  ): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }
}
