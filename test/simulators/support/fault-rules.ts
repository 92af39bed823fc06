/** Which calls a fault meets; what is left out matches everything. */
export interface FaultMatch {
  /** A method's name, or `files-pri` for file bytes. */
  readonly method?: string;
  /** Only from the n-th matching call on (1 = the next). */
  readonly nth?: number;
  readonly token?: string;
  readonly channel?: string;
}

export const TRANSPORT_FAULTS = [
  '429',
  '500',
  '502',
  '503',
  '529',
  'hang',
  'drop',
  'truncate',
  'slow',
  'html',
] as const;
export type TransportFault = (typeof TRANSPORT_FAULTS)[number];

/** What the answer looks like beside transport faults; all are documented behaviour of a vendor. */
export const PAGE_FAULTS = ['stale_cursor', 'short_page', 'empty_page'] as const;
export type PageFault = (typeof PAGE_FAULTS)[number];

export interface FaultInput {
  readonly match?: FaultMatch;
  /** A transport fault, a page fault, or an error name of the vendor's API. */
  readonly do: string | number;
  /** Seconds for 429 and 503; null = no header. Default 30 for 429, none for 503. */
  readonly retry_after?: number | null;
  /** How many calls it meets; null = all. Default 1. */
  readonly times?: number | null;
  /** For `slow`. */
  readonly delay_ms?: number;
}

export interface Fault {
  readonly id: number;
  readonly kind: string;
  readonly retryAfterSeconds: number | null;
  readonly delayMs: number;
}

export interface FaultCall {
  readonly method: string;
  readonly token: string | null;
  readonly channel: string | null;
  readonly hasCursor: boolean;
}

interface Rule extends Fault {
  readonly match: FaultMatch;
  left: number;
  seen: number;
}

const DEFAULT_RETRY_AFTER_SECONDS = 30;
const DEFAULT_DELAY_MS = 1000;

/** Rules in the order in which they were added; the first that matches a call is used. */
export class FaultRules {
  private readonly rules: Rule[] = [];
  private nextId = 1;

  /** @returns the rule's id, for `remove` */
  add(input: FaultInput): number {
    const kind = String(input.do);
    if (!/^(\d{3}|[a-z][a-z_]*)$/.test(kind)) throw new TypeError(`no fault is called ${kind}`);
    if (/^\d/.test(kind) && !isTransportFault(kind)) {
      throw new TypeError(`status ${kind} cannot be injected`);
    }
    const fallback = kind === '429' ? DEFAULT_RETRY_AFTER_SECONDS : null;
    const id = this.nextId++;
    this.rules.push({
      id,
      kind,
      retryAfterSeconds: input.retry_after === undefined ? fallback : input.retry_after,
      delayMs: input.delay_ms ?? DEFAULT_DELAY_MS,
      match: input.match ?? {},
      left: input.times === null ? Infinity : (input.times ?? 1),
      seen: 0,
    });
    return id;
  }

  remove(id: number): void {
    const at = this.rules.findIndex((rule) => rule.id === id);
    if (at >= 0) this.rules.splice(at, 1);
  }

  clear(): void {
    this.rules.length = 0;
  }

  /** Rules that can still meet a call. */
  list(): { id: number; do: string; match: FaultMatch; left: number | null; seen: number }[] {
    return this.rules.map(({ id, kind, match, left, seen }) => ({
      id,
      do: kind,
      match,
      left: left === Infinity ? null : left,
      seen,
    }));
  }

  /** The fault for this call, used up by it. */
  take(call: FaultCall): Fault | null {
    for (const rule of this.rules) {
      if (!matches(rule, call)) continue;
      rule.seen += 1;
      if (rule.seen < (rule.match.nth ?? 1)) continue;
      rule.left -= 1;
      if (rule.left <= 0) this.remove(rule.id);
      return rule;
    }
    return null;
  }
}

export function isTransportFault(kind: string): kind is TransportFault {
  return (TRANSPORT_FAULTS as readonly string[]).includes(kind);
}

function matches({ kind, match }: Rule, call: FaultCall): boolean {
  if (kind === 'stale_cursor' && !call.hasCursor) return false;
  return (
    (match.method === undefined || match.method === call.method) &&
    (match.token === undefined || match.token === call.token) &&
    (match.channel === undefined || match.channel === call.channel)
  );
}
