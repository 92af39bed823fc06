import { randomUUID } from 'node:crypto';
import type { ConnectorContext } from '../context.js';
import type {
  Checkpoint,
  CreatedRange,
  ItemFailure,
  LaneDefinition,
  Page,
  Partition,
  SourceDocument,
  Verdict,
} from '../contract.js';
import { DocumentGoneError, ItemError } from '../errors.js';
import { type Bench, hashOf, textOf } from './harness.contract.js';

export interface IndexedDocument {
  readonly partition: string;
  readonly version: string;
  readonly text: string;
  readonly createdAt: Date | null;
}

export interface SyncReport {
  pages: number;
  /** Contents asked for. */
  read: string[];
  failures: ItemFailure[];
  /** Partitions whose listing ended complete. */
  complete: string[];
  gaps: Record<string, string>;
  skipped: Record<string, number>;
  deleted: string[];
  /** Suspects that `verify` did not give up. */
  kept: Record<string, Verdict['state']>;
  /** Old id -> new id of documents followed by their content. */
  adopted: Record<string, string>;
}

export interface SyncOptions {
  /** Count only this partition's and this lane's pages for what follows. */
  partition?: string;
  lane?: string;
  /** The process ends at this page: after or before the page's checkpoint is stored. */
  killAtPage?: number;
  killBeforeCommit?: boolean;
  /** The slot goes to another run after each page, as soon as the listing is known to go on. */
  onePage?: boolean;
  /** Runs between this page (counted from 1) and the next. */
  afterPage?: (page: number) => Promise<void>;
  skewMs?: number;
}

export class Killed extends Error {}

/** The slot went to another run; the next call of `sync` goes on. */
export class Yielded extends Error {}

/** What survives a kill: as in the database, only JSON for what the connector made. */
interface Run {
  readonly id: string;
  checkpoints: Map<string, string>;
  finished: Set<string>;
  complete: Set<string>;
  /** By partition: times of creation of which this run has seen everything. */
  ranges: Map<string, CreatedRange[]>;
  seen: Set<string>;
  created: Set<string>;
}

const newRun = (): Run => ({
  id: randomUUID(),
  checkpoints: new Map(),
  finished: new Set(),
  complete: new Set(),
  ranges: new Map(),
  seen: new Set(),
  created: new Set(),
});

/**
 * The smallest engine that keeps the promises the contract counts on: checkpoints after every
 * page, deletion only after a complete listing and a verdict, renames followed by content.
 * A run that was killed or failed goes on with the next call of `sync`.
 */
export class ReferenceEngine {
  /** All that is stored, what is hidden included. */
  readonly index = new Map<string, IndexedDocument>();
  /** Stored, but out of reach by the word of the source, until a listing shows it again. */
  readonly hidden = new Set<string>();
  private readonly feeds = new Map<string, string>();
  private run = newRun();

  constructor(private readonly bench: Bench) {}

  async sync(options: SyncOptions = {}): Promise<SyncReport> {
    const report: SyncReport = {
      pages: 0,
      read: [],
      failures: [],
      complete: [],
      gaps: {},
      skipped: {},
      deleted: [],
      kept: {},
      adopted: {},
    };
    const ctx = this.bench.context({ skewMs: options.skewMs, run: this.run.id });
    const counted = { pages: 0 };
    const partitions: Partition[] = [];
    for await (const partition of this.bench.connector.partitions(ctx)) partitions.push(partition);
    // Lanes outermost: a quick one has been everywhere before a long one begins.
    for (const lane of this.bench.connector.lanes) {
      for (const partition of partitions) {
        if (partition.skipReason === undefined)
          await this.pull(ctx, partition, lane, report, options, counted);
      }
    }
    await this.settle(ctx, partitions, report);
    report.complete = [...this.run.complete];
    this.run = newRun();
    return report;
  }

  private async pull(
    ctx: ConnectorContext,
    partition: Partition,
    { name: lane, kind }: LaneDefinition,
    report: SyncReport,
    options: SyncOptions,
    counted: { pages: number },
  ): Promise<void> {
    const key = `${lane}:${partition.key}`;
    if (this.run.finished.has(key)) return;
    const isTimeUp = (): boolean => options.onePage === true && report.pages > 0;
    if (isTimeUp()) throw new Yielded();
    const stored = kind === 'feed' ? this.feeds : this.run.checkpoints;
    const value = stored.get(key);
    const checkpoint = value === undefined ? null : (JSON.parse(value) as Checkpoint);
    let isLast = false;
    for await (const page of this.bench.connector.pull(ctx, partition, lane, checkpoint)) {
      if (isTimeUp() && !isLast) throw new Yielded();
      isLast = page.complete || page.gapReason !== undefined;
      report.pages++;
      const isCounted =
        (options.partition ?? partition.key) === partition.key && (options.lane ?? lane) === lane;
      if (isCounted) counted.pages++;
      const kill = isCounted && options.killAtPage === counted.pages;
      await this.take(page, report);
      if (kill && options.killBeforeCommit) throw new Killed();
      stored.set(key, JSON.stringify(page.checkpoint));
      if (page.range) {
        const ranges = this.run.ranges.get(partition.key) ?? [];
        this.run.ranges.set(partition.key, [...ranges, page.range]);
      }
      if (page.complete) {
        this.run.finished.add(key);
        this.run.complete.add(partition.key);
        if (kind === 'sweep') this.run.ranges.set(partition.key, [{ from: null, to: null }]);
      }
      if (page.gapReason !== undefined) report.gaps[partition.key] = page.gapReason;
      if (kill) throw new Killed();
      if (isCounted) await options.afterPage?.(counted.pages);
    }
    this.run.finished.add(key);
  }

  /** What was read before an error stays, without the page's checkpoint. */
  private async take(page: Page, report: SyncReport): Promise<void> {
    for (const failure of page.failures) {
      report.failures.push(failure);
      this.run.seen.add(failure.externalId);
    }
    for (const [reason, count] of Object.entries(page.skipped)) {
      report.skipped[reason] = (report.skipped[reason] ?? 0) + count;
    }
    for (const id of page.tombstones) if (this.index.delete(id)) report.deleted.push(id);
    for (const document of page.documents) await this.takeDocument(document, report);
  }

  private async takeDocument(document: SourceDocument, report: SyncReport): Promise<void> {
    const { externalId, version, partition } = document;
    this.run.seen.add(externalId);
    this.hidden.delete(externalId);
    const { createdAt } = document.times;
    const known = this.index.get(externalId);
    const isKnown = known?.version === version && known.partition === partition;
    if (isKnown && !document.reread) return;
    try {
      report.read.push(externalId);
      const body = typeof document.body === 'function' ? await document.body() : document.body;
      this.index.set(externalId, { partition, version, text: textOf(body), createdAt });
      if (!known) this.run.created.add(externalId);
    } catch (error) {
      if (error instanceof DocumentGoneError) this.run.seen.delete(externalId);
      else if (error instanceof ItemError) {
        const { title, url } = document;
        const { code, message } = error;
        report.failures.push({ externalId, title, url, stage: 'fetch', code, message, partition });
      } else throw error;
    }
  }

  /** Deletes what complete listings did not show and the source does not know any more. */
  private async settle(
    ctx: ConnectorContext,
    partitions: readonly Partition[],
    report: SyncReport,
  ): Promise<void> {
    const { connector } = this.bench;
    const inReach = partitions.filter(({ outOfReach }) => !outOfReach);
    const listed = new Set(inReach.map((partition) => partition.key));
    const proven = ({ partition, createdAt }: IndexedDocument): boolean =>
      !listed.has(partition) ||
      (this.run.ranges.get(partition) ?? []).some((range) => isWithin(createdAt, range));
    const suspects = [...this.index].filter(
      ([id, document]) => proven(document) && !this.run.seen.has(id),
    );
    if (suspects.length === 0) return;
    const verdicts = await connector.verify(
      ctx,
      suspects.map(([externalId, { partition, version }]) => ({ externalId, partition, version })),
    );
    const states = new Map(verdicts.map((verdict) => [verdict.externalId, verdict.state]));
    for (const [id, { text }] of suspects) {
      const state = states.get(id);
      if (state === undefined) throw new Error(`verify gave no verdict on ${id}`);
      if (state !== 'gone') {
        report.kept[id] = state;
        if (state === 'lost_access') this.hidden.add(id);
        continue;
      }
      const heirs = [...this.run.created].filter(
        (created) => hashOf(this.index.get(created)?.text ?? '') === hashOf(text),
      );
      if (connector.followsRenamesByContent && heirs.length === 1) report.adopted[id] = heirs[0]!;
      this.index.delete(id);
      this.hidden.delete(id);
      report.deleted.push(id);
    }
  }
}

/** Only a range without bounds says anything of documents whose time is not known. */
function isWithin(time: Date | null, { from, to }: CreatedRange): boolean {
  if (time === null) return from === null && to === null;
  return (from === null || from <= time) && (to === null || time < to);
}

/** Fails with the differing ids when the index is not exactly what the source holds. */
export async function expectIndexToEqualSource(bench: Bench, engine: ReferenceEngine) {
  const truth = await bench.editor.truth();
  const shown = [...engine.index.keys()].filter((id) => !engine.hidden.has(id));
  expect(shown.sort()).toEqual([...truth.keys()].sort());
  for (const [id, { partition, text }] of truth) {
    const indexed = engine.index.get(id)!;
    expect({ id, partition: indexed.partition }).toEqual({ id, partition });
    expect(indexed.text).toContain(text);
  }
}
