export interface EndpointFailureOptions {
  /** True where the same request may succeed later. */
  isTransient: boolean;
  /** True where the endpoint refused what it was sent, which may be about one of the texts. */
  isRefusal?: boolean;
  /** The wait that the endpoint asked for. */
  retryAfterMs?: number;
  cause?: unknown;
}

/** One request to an embedding endpoint that failed; `Retries` decides what becomes of it. */
export class EndpointFailure extends Error {
  readonly isTransient: boolean;
  readonly isRefusal: boolean;
  readonly retryAfterMs?: number;

  constructor(message: string, options: EndpointFailureOptions) {
    super(message, { cause: options.cause });
    this.name = 'EndpointFailure';
    this.isTransient = options.isTransient;
    this.isRefusal = options.isRefusal ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}
