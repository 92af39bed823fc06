export interface LoggedRequest {
  readonly id: number;
  /** The simulator's time, ISO 8601. */
  readonly at: string;
  readonly verb: string;
  readonly method: string;
  /** Which token was used, by its name; never the token. */
  readonly token: string | null;
  readonly params: Readonly<Record<string, unknown>>;
  /** null while unanswered, and for good when the connection was dropped or hangs. */
  status: number | null;
  error: string | null;
  fault: string | null;
  bytes: number;
}

export type ViolationKind =
  | 'unknown_method'
  | 'unknown_parameter'
  | 'missing_parameter'
  | 'wrong_type'
  | 'out_of_range'
  | 'wrong_content_type'
  | 'wrong_verb'
  | 'token_in_query'
  | 'missing_scope'
  | 'inside_retry_after';

/** A request that the vendor would refuse, ignore in part, or that breaks its rules of use. */
export interface Violation {
  readonly kind: ViolationKind;
  readonly method: string;
  readonly detail: string;
  readonly requestId: number;
  readonly at: string;
}

const MOST_ENTRIES = 500_000;

/** Every request and every violation since the start or the last `clear`. */
export class RequestLog {
  readonly requests: LoggedRequest[] = [];
  readonly violations: Violation[] = [];
  private nextId = 1;

  constructor(private readonly clock: { now(): Date }) {}

  begin(request: Pick<LoggedRequest, 'verb' | 'method' | 'token' | 'params'>): LoggedRequest {
    const entry: LoggedRequest = {
      id: this.nextId++,
      at: this.clock.now().toISOString(),
      ...request,
      status: null,
      error: null,
      fault: null,
      bytes: 0,
    };
    if (this.requests.length < MOST_ENTRIES) this.requests.push(entry);
    return entry;
  }

  violation(kind: ViolationKind, request: LoggedRequest, detail: string): void {
    const { id, method, at } = request;
    this.violations.push({ kind, method, detail, requestId: id, at });
  }

  /** How often a method was called. */
  count(method: string): number {
    return this.requests.filter((request) => request.method === method).length;
  }

  clear(): void {
    this.requests.length = 0;
    this.violations.length = 0;
  }
}
