import type {
  Checkpoint,
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
  /** Count only this partition's pages for the two below. */
  partition?: string;
  /** The process ends at this page: after or before the page's checkpoint is stored. */
  killAtPage?: number;
  killBeforeCommit?: boolean;
  /** Runs between this page (counted from 1) and the next. */
  afterPage?: (page: number) => Promise<void>;
  skewMs?: number;
}

export class Killed extends Error {}

/** What survives a kill: as in the database, only JSON for what the connector made. */
interface Run {
  checkpoints: Map<string, string>;
  finished: Set<string>;
  complete: Set<string>;
  seen: Set<string>;
  created: Set<string>;
}

const newRun = (): Run => ({
  checkpoints: new Map(),
  finished: new Set(),
  complete: new Set(),
  seen: new Set(),
  created: new Set(),
});

/**
 * The smallest engine that keeps the promises the contract counts on: checkpoints after every
 * page, deletion only after a complete listing and a verdict, renames followed by content.
 * A run that was killed or failed goes on with the next call of `sync`.
 */
export class ReferenceEngine {
  readonly index = new Map<string, IndexedDocument>();
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
    const ctx = this.bench.context({ skewMs: options.skewMs });
    const counted = { pages: 0 };
    const partitions: Partition[] = [];
    for await (const partition of this.bench.connector.partitions(ctx)) partitions.push(partition);
    for (const partition of partitions) {
      if (partition.skipReason !== undefined) continue;
      for (const lane of this.bench.connector.lanes) {
        await this.pull(partition, lane, report, options, counted);
      }
    }
    await this.settle(partitions, report, options);
    report.complete = [...this.run.complete];
    this.run = newRun();
    return report;
  }

  private async pull(
    partition: Partition,
    { name: lane, kind }: LaneDefinition,
    report: SyncReport,
    options: SyncOptions,
    counted: { pages: number },
  ): Promise<void> {
    const key = `${lane}:${partition.key}`;
    if (this.run.finished.has(key)) return;
    const stored = kind === 'feed' ? this.feeds : this.run.checkpoints;
    const value = stored.get(key);
    const checkpoint = value === undefined ? null : (JSON.parse(value) as Checkpoint);
    const ctx = this.bench.context({ skewMs: options.skewMs });
    for await (const page of this.bench.connector.pull(ctx, partition, lane, checkpoint)) {
      report.pages++;
      if (!options.partition || options.partition === partition.key) counted.pages++;
      const kill = options.killAtPage !== undefined && options.killAtPage === counted.pages;
      await this.take(page, report);
      if (kill && options.killBeforeCommit) throw new Killed();
      stored.set(key, JSON.stringify(page.checkpoint));
      if (page.complete && kind === 'sweep') this.run.complete.add(partition.key);
      if (page.gapReason !== undefined) report.gaps[partition.key] = page.gapReason;
      if (kill) throw new Killed();
      await options.afterPage?.(counted.pages);
    }
    this.run.finished.add(key);
  }

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
    const known = this.index.get(externalId);
    if (known?.version === version && known.partition === partition) return;
    try {
      report.read.push(externalId);
      const body = typeof document.body === 'function' ? await document.body() : document.body;
      this.index.set(externalId, { partition, version, text: textOf(body) });
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
    partitions: readonly Partition[],
    report: SyncReport,
    options: SyncOptions,
  ): Promise<void> {
    const { connector } = this.bench;
    const listed = new Set(partitions.map((partition) => partition.key));
    const proven = (key: string): boolean => this.run.complete.has(key) || !listed.has(key);
    const suspects = [...this.index].filter(
      ([id, { partition }]) => proven(partition) && !this.run.seen.has(id),
    );
    if (suspects.length === 0) return;
    const verdicts = await connector.verify(
      this.bench.context({ skewMs: options.skewMs }),
      suspects.map(([externalId, { partition, version }]) => ({ externalId, partition, version })),
    );
    const states = new Map(verdicts.map((verdict) => [verdict.externalId, verdict.state]));
    for (const [id, { text }] of suspects) {
      const state = states.get(id);
      if (state === undefined) throw new Error(`verify gave no verdict on ${id}`);
      if (state !== 'gone') {
        report.kept[id] = state;
        continue;
      }
      const heirs = [...this.run.created].filter(
        (created) => hashOf(this.index.get(created)?.text ?? '') === hashOf(text),
      );
      if (connector.followsRenamesByContent && heirs.length === 1) report.adopted[id] = heirs[0]!;
      this.index.delete(id);
      report.deleted.push(id);
    }
  }
}

/** Fails with the differing ids when the index is not exactly what the source holds. */
export async function expectIndexToEqualSource(bench: Bench, engine: ReferenceEngine) {
  const truth = await bench.editor.truth();
  expect([...engine.index.keys()].sort()).toEqual([...truth.keys()].sort());
  for (const [id, { partition, text }] of truth) {
    const indexed = engine.index.get(id)!;
    expect({ id, partition: indexed.partition }).toEqual({ id, partition });
    expect(indexed.text).toContain(text);
  }
}
