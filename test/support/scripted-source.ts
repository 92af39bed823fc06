import { z } from 'zod';
import {
  defineConnector,
  type Body,
  type Connector,
  type CreatedRange,
  type DocumentRef,
  type ItemFailure,
  type LaneDefinition,
  type Partition,
  type SourceDocument,
  type Verdict,
} from '../../connectors/sdk/contract.js';

export const PARTITION = 'channel';

/** One page as a test writes it; whatever it leaves out is nothing. */
export interface ScriptedPage {
  readonly documents?: readonly SourceDocument[];
  readonly tombstones?: readonly string[];
  readonly failures?: readonly ItemFailure[];
  /** Everything that was created in this time. */
  readonly range?: CreatedRange;
  /** The listing ends here and is not whole. */
  readonly gap?: string;
  /** The listing ends here for this run, and there is more. */
  readonly more?: true;
  /** Runs before the page is handed out; what it throws fails the listing. */
  readonly before?: (signal: AbortSignal) => Promise<void> | void;
}

const LANES: readonly LaneDefinition[] = [
  { name: 'sweep', kind: 'sweep', checkpointVersion: 1 },
  { name: 'changes', kind: 'feed', checkpointVersion: 1 },
];

/**
 * A source that says exactly what a test wrote: one partition with a sweep and a feed of changes,
 * unless the test wants others. For what no real source does on command, as listing an item twice.
 */
export class ScriptedSource {
  partitions: readonly Partition[] = [{ key: PARTITION, title: 'A channel' }];
  /** Pages by `lane partition`; what is not here is `sweep` or `changes` of any partition. */
  readonly pages = new Map<string, readonly ScriptedPage[]>();
  sweep: readonly ScriptedPage[] = [];
  /** Grows; a run reads on from where the last one stopped. */
  changes: ScriptedPage[] = [];
  /** What is there when it is asked about by id, or why it cannot be read; the rest is gone. */
  readonly present = new Map<string, SourceDocument | Error>();
  /** Out of reach: neither there nor gone. */
  readonly lost = new Set<string>();
  /** A feed that was read to its end is listed from its beginning again by whoever asks again. */
  goesRound = false;
  /** Runs before verdicts are given; what it throws, verify throws. */
  beforeVerify?: (refs: readonly DocumentRef[]) => Promise<void> | void;
  /** Ids for which a verdict was given, in order. */
  readonly verified: string[] = [];
  /** Where each page that was asked for stands: `lane partition`. */
  readonly listed: string[] = [];
  /** Checkpoints that listings began with, by `lane partition`, in order. */
  readonly begun: [place: string, checkpoint: unknown][] = [];
  concurrentReads = 4;
  /** Listings that were begun and not closed again. */
  open = 0;

  readonly connector: Connector;

  constructor(lanes: readonly LaneDefinition[] = LANES) {
    this.connector = this.connect(lanes);
  }

  private readonly connect = (lanes: readonly LaneDefinition[]): Connector =>
    defineConnector({
      provider: 'scripted',
      title: 'Scripted',
      description: 'Says what a test wrote.',
      configSchema: z.strictObject({}),
      credentialsSchema: z.strictObject({}),
      lanes,
      limits: { maxBodyBytes: 1_000_000, concurrentReads: this.concurrentReads },
      followsRenamesByContent: false,
      titlesFromContent: false,
      account: () => Promise.resolve({ id: 'scripted account', title: 'Scripted account' }),
      probe: () => Promise.resolve([]),
      partitions: async function* (this: ScriptedSource) {
        yield* await Promise.resolve(this.partitions);
      }.bind(this),
      pull: (ctx, partition, lane, checkpoint) => {
        const place = `${lane} ${partition.key}`;
        this.begun.push([place, checkpoint]);
        return this.list(place, Number(checkpoint?.['next'] ?? 0), ctx.signal);
      },
      verify: async (_, refs) => {
        await this.beforeVerify?.(refs);
        this.verified.push(...refs.map(({ externalId }) => externalId));
        return refs.map(({ externalId }) => ({ externalId, state: this.stateOf(externalId) }));
      },
      fetch: (_, { externalId }) => {
        const state = this.stateOf(externalId);
        if (state !== 'alive') return Promise.resolve({ gone: true, state });
        const found = this.present.get(externalId)!;
        return found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
      },
    });

  private stateOf(externalId: string): Verdict['state'] {
    if (this.lost.has(externalId)) return 'lost_access';
    return this.present.has(externalId) ? 'alive' : 'gone';
  }

  private pagesOf(place: string): readonly ScriptedPage[] {
    return this.pages.get(place) ?? (place.startsWith('sweep ') ? this.sweep : this.changes);
  }

  private async *list(place: string, from: number, signal: AbortSignal) {
    const pages = this.pagesOf(place);
    this.open += 1;
    try {
      for (
        let at = this.goesRound && from >= pages.length ? 0 : from;
        at < Math.max(pages.length, 1);
        at += 1
      ) {
        const page: ScriptedPage = pages[at] ?? {};
        this.listed.push(place);
        await page.before?.(signal);
        yield {
          documents: page.documents ?? [],
          tombstones: page.tombstones ?? [],
          failures: page.failures ?? [],
          skipped: {},
          checkpoint: { next: Math.min(at + 1, pages.length) },
          complete: page.gap === undefined && !page.more && at >= pages.length - 1,
          ...(page.range && { range: page.range }),
          ...(page.gap !== undefined && { gapReason: page.gap }),
        };
        if (page.more) return;
      }
    } finally {
      this.open -= 1;
    }
  }
}

/** A document of a scripted source. */
export function scripted(
  externalId: string,
  text: string,
  more: Partial<SourceDocument> = {},
): SourceDocument {
  return {
    externalId,
    version: text,
    partition: PARTITION,
    parents: [],
    title: externalId,
    url: null,
    author: null,
    container: null,
    times: { createdAt: null, updatedAt: null },
    access: { mode: 'public', principals: [] },
    metadata: {},
    body: { text },
    ...more,
  };
}

/** A content that is read when the engine asks for it. */
export const lazily = (read: () => string): (() => Promise<Body>) => {
  return async () => Promise.resolve({ text: read() });
};
