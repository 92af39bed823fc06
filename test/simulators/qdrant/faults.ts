/**
 * - `429`, `500`, `503`: refused, not applied
 * - `timeout`: 408, as the server answers after its own time-out; not applied
 * - `disk_full`: 500 with the server's words; meets writes only
 * - `slow`: answered after `delayMs`
 * - `hang`: never answered, not applied
 * - `drop`: the connection is closed before anything is applied
 * - `truncate`: applied, then half of the answer, then the connection is cut
 * - `lost_answer`: applied, then the connection is closed without an answer
 */
export const FAULT_KINDS = [
  '429',
  '500',
  '503',
  'timeout',
  'disk_full',
  'slow',
  'hang',
  'drop',
  'truncate',
  'lost_answer',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface FaultInput {
  readonly do: FaultKind;
  /** What is left out matches everything. */
  readonly on?: {
    /** Name in the OpenAPI document, e.g. `upsert_points`. */
    readonly operation?: string;
    /** Part of the path. */
    readonly path?: string;
    /** Only from the n-th matching request on (1 = the next). */
    readonly nth?: number;
  };
  /** How many requests it meets; null = all. Default 1. */
  readonly times?: number | null;
  /** For `slow`, default 1000. */
  readonly delayMs?: number;
  /** Header of 429 in seconds; null = none. Default 1. */
  readonly retryAfterSeconds?: number | null;
}

export interface Fault {
  readonly id: number;
  readonly kind: FaultKind;
  readonly delayMs: number;
  readonly retryAfterSeconds: number | null;
}

interface Rule extends Fault {
  readonly on: NonNullable<FaultInput['on']>;
  left: number;
  seen: number;
}

interface FaultedRequest {
  readonly operation: string;
  readonly path: string;
  readonly writes: boolean;
}

/** Rules in the order in which they were added; the first that matches a request is used. */
export class Faults {
  private rules: Rule[] = [];
  private nextId = 1;

  /** @returns the rule's id, for `remove`. @throws TypeError for a kind that is not there */
  add(input: FaultInput): number {
    if (!FAULT_KINDS.includes(input.do)) throw new TypeError(`no fault is called ${input.do}`);
    const id = this.nextId++;
    this.rules.push({
      id,
      kind: input.do,
      delayMs: input.delayMs ?? 1000,
      retryAfterSeconds: input.retryAfterSeconds === undefined ? 1 : input.retryAfterSeconds,
      on: input.on ?? {},
      left: input.times === null ? Infinity : (input.times ?? 1),
      seen: 0,
    });
    return id;
  }

  remove(id: number): void {
    this.rules = this.rules.filter((rule) => rule.id !== id);
  }

  clear(): void {
    this.rules = [];
  }

  /** Rules that can still meet a request. */
  list(): { id: number; do: FaultKind; on: FaultInput['on']; left: number | null }[] {
    return this.rules.map(({ id, kind, on, left }) => ({
      id,
      do: kind,
      on,
      left: left === Infinity ? null : left,
    }));
  }

  /** The fault for this request, used up by it. */
  take(request: FaultedRequest): Fault | null {
    for (const rule of this.rules) {
      if (!matches(rule, request)) continue;
      rule.seen += 1;
      if (rule.seen < (rule.on.nth ?? 1)) continue;
      rule.left -= 1;
      if (rule.left <= 0) this.remove(rule.id);
      return rule;
    }
    return null;
  }
}

function matches({ kind, on }: Rule, { operation, path, writes }: FaultedRequest): boolean {
  return (
    (kind !== 'disk_full' || writes) &&
    (on.operation === undefined || on.operation === operation) &&
    (on.path === undefined || path.includes(on.path))
  );
}
