import { SlackApiError } from './slack-api-error.js';

/** Where the next page starts, and which listing it belongs to. */
export interface CursorPosition {
  readonly method: string;
  /** E.g. the channel: a cursor is of no use elsewhere. */
  readonly listing: string;
  readonly next: string;
}

/**
 * Opaque cursors that can expire. Slack's are base64 too, end in `=` at times and so need proper
 * encoding: https://docs.slack.dev/apis/web-api/pagination
 */
export class Cursors {
  private generation = 1;

  constructor(
    private readonly clock: { now(): Date },
    /** Milliseconds; null = until `expireAll`. */
    private readonly lifetime: number | null,
  ) {}

  encode({ method, listing, next }: CursorPosition): string {
    const issued = this.clock.now().getTime();
    const text = ['next', next, this.generation, issued, method, listing].join('|');
    return Buffer.from(text).toString('base64');
  }

  /** @throws SlackApiError `invalid_cursor` when it is made up, expired or of another listing */
  decode(cursor: string, { method, listing }: Omit<CursorPosition, 'next'>): string {
    const parts = Buffer.from(cursor, 'base64').toString('utf8').split('|');
    const [word, next, generation, issued, forMethod, forListing] = parts;
    const lifetime = this.lifetime ?? Infinity;
    const fresh = this.clock.now().getTime() - Number(issued) <= lifetime;
    const valid =
      parts.length === 6 &&
      word === 'next' &&
      generation === String(this.generation) &&
      forMethod === method &&
      forListing === listing;
    if (!valid || !fresh || next === undefined) throw new SlackApiError('invalid_cursor');
    return next;
  }

  /** Every cursor handed out so far is `invalid_cursor` from now on. */
  expireAll(): void {
    this.generation += 1;
  }
}
