import type { SourceCalls } from './calls.js';

/** What the engine hands to a connector: everything it may touch outside its own code. */
export interface ConnectorContext<Config = unknown, Credentials = unknown> {
  readonly config: Config;
  readonly credentials: CredentialStore<Credentials>;
  readonly logger: ConnectorLogger;
  /** Aborted when the run is cancelled, drained or has lost its lease. */
  readonly signal: AbortSignal;
  readonly clock: ConnectorClock;
  /** Every call over the network goes through here. */
  readonly calls: SourceCalls;
  /** Seconds between two scheduled runs; null: the connection is only synced when asked. */
  readonly interval: number | null;
  /**
   * Id of the run, the same in all of its attempts; null: somebody only asks (a probe, a plan, a dry
   * run), so nothing may be changed at the source: what a run would change counts as changed.
   */
  readonly run: string | null;
  /** True when this run was asked to read everything again, whatever its version. */
  readonly full: boolean;
  /** Counts one local read, for the run's `api_calls`; `calls` counts its own. */
  countCall(method: string): void;
}

export interface CredentialStore<Credentials> {
  get(): Promise<Credentials>;
  /** Stores refreshed credentials, encrypted; if others were stored meanwhile, `get` has those. */
  update(credentials: Credentials): Promise<void>;
}

export interface ConnectorLogger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
}

export interface ConnectorClock {
  now(): Date;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
