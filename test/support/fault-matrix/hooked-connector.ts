import type { Body, Connector, Page, SourceDocument } from '../../../connectors/sdk/contract.js';

/** Where a listing stands. */
export interface ListingPlace {
  readonly partition: string;
  readonly lane: string;
  /** The page that is asked for, from 1, counted by each listing anew. */
  readonly page: number;
  /** Aborted when the run is to stop. */
  readonly signal: AbortSignal;
}

/** What a test does while a connector is at work; whatever a hook throws, the connector throws. */
export interface ConnectorHooks {
  beforePage?(place: ListingPlace): Promise<void> | void;
  /** The content was asked for, but has not been handed on yet. */
  afterRead?(externalId: string): Promise<void> | void;
  beforeVerify?(): Promise<void> | void;
}

/** The connector itself, with a test looking over its shoulder; hooks may change at any time. */
export function hooked(connector: Connector, hooks: () => ConnectorHooks): Connector {
  return {
    ...connector,
    async *pull(ctx, partition, lane, checkpoint) {
      const listing = connector.pull(ctx, partition, lane, checkpoint)[Symbol.asyncIterator]();
      const place = { partition: partition.key, lane, signal: ctx.signal };
      try {
        for (let page = 1; ; page += 1) {
          await hooks().beforePage?.({ ...place, page });
          const next = await listing.next();
          if (next.done) return;
          yield withReads(next.value, hooks);
        }
      } finally {
        await listing.return?.();
      }
    },
    async verify(ctx, refs) {
      await hooks().beforeVerify?.();
      return connector.verify(ctx, refs);
    },
  };
}

function withReads(page: Page, hooks: () => ConnectorHooks): Page {
  const documents = page.documents.map((document): SourceDocument => {
    const { body, externalId } = document;
    const read = async (): Promise<Body> => {
      const content = typeof body === 'function' ? await body() : body;
      await hooks().afterRead?.(externalId);
      return content;
    };
    return { ...document, body: read };
  });
  return { ...page, documents };
}

/** Resolves when the run is to stop: for a source that answers only then. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
