/**
 * What went wrong, in the terms that decide what happens next: the class of an error is the
 * policy, its code and message are for people.
 */
export abstract class ConnectorError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The upstream is unwell: the run parks and is retried, never a failure of documents. */
export class TransientSourceError extends ConnectorError {
  constructor(
    code: string,
    message: string,
    readonly retryAfterSeconds?: number,
    options?: { cause?: unknown },
  ) {
    super(code, message, options);
  }
}

/** The upstream asks to wait: the run parks until then and frees its slot. */
export class RateLimitedError extends ConnectorError {
  constructor(
    message: string,
    readonly until: Date,
    readonly method: string,
  ) {
    super('rate_limited', message);
  }
}

/** The credentials no longer work: the connection becomes `needs_auth`, its data is kept. */
export class AuthError extends ConnectorError {}

/** The configuration cannot work (a folder is gone): the connection pauses with the reason. */
export class ConfigError extends ConnectorError {}

/** One document cannot be read: recorded with its name, retried with backoff; the run goes on. */
export class ItemError extends ConnectorError {}

/**
 * The document vanished between listing and reading. Nothing to retry: it counts as not listed,
 * so `verify` is asked whether it is gone. Of one that was asked for by itself, a listing tells.
 */
export class DocumentGoneError extends ItemError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('document_gone', message, options);
  }
}
