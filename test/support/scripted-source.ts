import { z } from 'zod';
import {
  defineConnector,
  type Body,
  type Connector,
  type ItemFailure,
  type SourceDocument,
} from '../../connectors/sdk/contract.js';
import { ItemError } from '../../connectors/sdk/errors.js';

export const PARTITION = 'channel';

/** One page as a test writes it; whatever it leaves out is nothing. */
export interface ScriptedPage {
  readonly documents?: readonly SourceDocument[];
  readonly tombstones?: readonly string[];
  readonly failures?: readonly ItemFailure[];
  /** The listing ends here and is not whole. */
  readonly gap?: string;
  /** Runs before the page is handed out; what it throws fails the listing. */
  readonly before?: (signal: AbortSignal) => Promise<void> | void;
}

/**
 * A source that says exactly what a test wrote: one partition with a sweep and a feed of changes.
 * For what no real source does on command, as listing an item twice.
 */
export class ScriptedSource {
  sweep: readonly ScriptedPage[] = [];
  /** Grows; a run reads on from where the last one stopped. */
  changes: ScriptedPage[] = [];
  /** What is there when it is asked about by id, or why it cannot be read; the rest is gone. */
  readonly present = new Map<string, SourceDocument | ItemError>();
  concurrentReads = 4;
  /** Listings that were begun and not closed again. */
  open = 0;

  readonly connector: Connector = defineConnector({
    provider: 'scripted',
    title: 'Scripted',
    description: 'Says what a test wrote.',
    configSchema: z.strictObject({}),
    credentialsSchema: z.strictObject({}),
    lanes: [
      { name: 'sweep', kind: 'sweep', checkpointVersion: 1 },
      { name: 'changes', kind: 'feed', checkpointVersion: 1 },
    ],
    limits: { maxBodyBytes: 1_000_000, concurrentReads: this.concurrentReads },
    followsRenamesByContent: false,
    titlesFromContent: false,
    account: () => Promise.resolve({ id: 'scripted account', title: 'Scripted account' }),
    probe: () => Promise.resolve([]),
    async *partitions() {
      yield await Promise.resolve({ key: PARTITION, title: 'A channel' });
    },
    pull: (ctx, _partition, lane, checkpoint) => {
      const pages = lane === 'sweep' ? this.sweep : this.changes;
      return this.list(pages, Number(checkpoint?.['next'] ?? 0), ctx.signal);
    },
    verify: (_, refs) =>
      Promise.resolve(
        refs.map(({ externalId }) => ({
          externalId,
          state: this.present.has(externalId) ? ('alive' as const) : ('gone' as const),
        })),
      ),
    fetch: (_, { externalId }) => {
      const found = this.present.get(externalId) ?? ({ gone: true, state: 'gone' } as const);
      return found instanceof ItemError ? Promise.reject(found) : Promise.resolve(found);
    },
  });

  private async *list(pages: readonly ScriptedPage[], from: number, signal: AbortSignal) {
    this.open += 1;
    try {
      for (let at = from; at < Math.max(pages.length, 1); at += 1) {
        const page: ScriptedPage = pages[at] ?? {};
        await page.before?.(signal);
        yield {
          documents: page.documents ?? [],
          tombstones: page.tombstones ?? [],
          failures: page.failures ?? [],
          skipped: {},
          checkpoint: { next: Math.min(at + 1, pages.length) },
          complete: page.gap === undefined && at >= pages.length - 1,
          ...(page.gap !== undefined && { gapReason: page.gap }),
        };
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
