export type ViolationKind =
  | 'unknown_route'
  | 'unknown_parameter'
  | 'unknown_field'
  | 'wrong_type'
  | 'out_of_range'
  | 'not_json'
  | 'body_too_large'
  | 'unindexed_filter'
  | 'search_across_tenants';

/** A request that the server would refuse or ignore in part, or that breaks our rules of its use. */
export interface Violation {
  readonly kind: ViolationKind;
  readonly operation: string;
  readonly detail: string;
  readonly requestId: number;
}

export interface RecordedRequest {
  readonly id: number;
  /** Name in the OpenAPI document (`upsert_points`); `unknown` for a route that is not there. */
  readonly operation: string;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly bodyBytes: number;
  /** null while unanswered, and for good where no whole answer was sent. */
  status: number | null;
  answerBytes: number;
  fault: string | null;
  /** Kept only where the double was told to. */
  body?: unknown;
  answer?: unknown;
}

/** Every request and every violation since the start or the last `clear`. */
export class RequestRecord {
  readonly requests: RecordedRequest[] = [];
  readonly violations: Violation[] = [];
  private nextId = 1;

  constructor(readonly keepsBodies: boolean) {}

  begin(
    request: Pick<RecordedRequest, 'operation' | 'method' | 'path' | 'bodyBytes'>,
  ): RecordedRequest {
    const entry: RecordedRequest = {
      id: this.nextId++,
      ...request,
      status: null,
      answerBytes: 0,
      fault: null,
    };
    this.requests.push(entry);
    return entry;
  }

  violation(kind: ViolationKind, { id, operation }: RecordedRequest, detail: string): void {
    this.violations.push({ kind, operation, detail, requestId: id });
  }

  /** How often an operation was asked for; without a name, of all of them. */
  count(operation?: string): number {
    if (operation === undefined) return this.requests.length;
    return this.requests.filter((request) => request.operation === operation).length;
  }

  /** Size of the largest body that was sent. */
  get largestBodyBytes(): number {
    return this.requests.reduce((most, { bodyBytes }) => Math.max(most, bodyBytes), 0);
  }

  clear(): void {
    this.requests.length = 0;
    this.violations.length = 0;
  }
}
