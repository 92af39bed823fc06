import { z } from 'zod';
import type { CreatedRange, SourceDocument } from '../sdk/contract.js';
import { RenderedMessage } from './rendered-message.js';
import { Broadcast } from './broadcasts.js';
import type { Timestamp } from './timestamp.js';

/**
 * How far a listing of a channel has come, newest first. It holds everything to go on with, so it
 * needs no cursor of Slack's, which expire.
 */
export const Position = z.object({
  /** Go on with what is older than this; null: begin with the newest. */
  before: z.string().nullable(),
  /** Everything made at this time or later is listed, ms; null: nothing is yet. */
  to: z.number().nullable(),
  /** The session at the edge, newest message first: where it begins is not known yet. */
  held: z.array(RenderedMessage),
  /** Replies that were also sent to the channel, whose threads begin further back. */
  waiting: z.array(Broadcast).default([]),
});

export type Position = z.infer<typeof Position>;

export const START: Position = { before: null, to: null, held: [], waiting: [] };

/** One page of a channel's history as documents. */
export interface ListedPage {
  readonly documents: readonly SourceDocument[];
  readonly skipped: Readonly<Record<string, number>>;
  readonly position: Position;
  /** undefined: the page proves nothing new, e.g. it lies within one session. */
  readonly range: CreatedRange | undefined;
  /** Newest and oldest message on the page. */
  readonly newest: Timestamp | undefined;
  readonly oldest: Timestamp | undefined;
  readonly threads: readonly Timestamp[];
  /** Messages and parents, without the replies that were also sent to the channel. */
  readonly parents: number;
  /** First message of the oldest session that is whole: a place to begin anew. */
  readonly boundary: Timestamp | undefined;
  readonly ended: boolean;
  /** What is missing though it is there; null: nothing. */
  readonly gap: string | null;
}

export const LIMITED_BY_PLAN =
  "Slack hides messages that are older than the workspace's plan allows.";

/**
 * What is proven: everything made from `from` on, up to where the listing began. The session at
 * the edge begins at or before its oldest known message, so the proof ends after that one.
 */
export function provenFrom(
  oldest: Timestamp | undefined,
  held: readonly RenderedMessage[],
): Timestamp | undefined {
  return held.at(-1)?.ts ?? oldest;
}
