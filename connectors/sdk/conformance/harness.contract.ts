import { createHash } from 'node:crypto';
import type { ConnectorContext } from '../context.js';
import type { Body, Connector } from '../contract.js';
import type { OptionalEdit, SourceEditor } from './source-editor.js';
import { unpacedCalls } from '../unpaced-calls.js';

/** One connector with a fresh source of its own. */
export interface ConformanceHarness {
  readonly connector: Connector;
  /** As a user writes them; the suite passes them through the connector's schemas. */
  readonly config: unknown;
  readonly credentials: unknown;
  readonly editor: SourceEditor;
  dispose(): Promise<void>;
}

export interface ConformanceOptions {
  /** Documents on a full page of the lane that lists everything. */
  readonly pageSize: number;
  /** The lane that lists everything; default: `sweep`. */
  readonly listingLane?: string;
  /** What the editor can do; all cases that need something else are skipped. */
  readonly supports: readonly OptionalEdit[];
}

export interface ContextOptions {
  readonly signal?: AbortSignal;
  /** How far the clock of the connector is off. */
  readonly skewMs?: number;
  /** Default: another one for each context. */
  readonly run?: string | null;
}

export interface Bench extends ConformanceHarness {
  context(options?: ContextOptions): ConnectorContext;
}

/** What the cases of one file need: the harness of the running test, and `it` for some edits. */
export interface Cases {
  readonly pageSize: number;
  readonly listingLane: string;
  bench(): Bench;
  /** `it` where the source can do all that, else `it.skip`. */
  when(...edits: readonly OptionalEdit[]): jest.It;
}

export function benchOf(harness: ConformanceHarness): Bench {
  const { connector } = harness;
  const config = connector.configSchema.parse(harness.config);
  let credentials = connector.credentialsSchema.parse(harness.credentials);
  let runs = 0;
  return {
    ...harness,
    context: ({
      signal = new AbortController().signal,
      skewMs = 0,
      run = `run of its own ${++runs}`,
    } = {}) => ({
      config,
      credentials: {
        get: () => Promise.resolve(credentials),
        update: (changed) => {
          credentials = changed;
          return Promise.resolve();
        },
      },
      logger: { debug: () => {}, info: () => {}, warn: () => {} },
      signal,
      clock: {
        now: () => new Date(Date.now() + skewMs),
        sleep: () => Promise.resolve(),
      },
      calls: unpacedCalls(() => new Date(Date.now() + skewMs), signal),
      interval: null,
      run,
      full: false,
      countCall: () => {},
    }),
  };
}

export function textOf(body: Body): string {
  return 'text' in body ? body.text : Buffer.from(body.bytes).toString('utf8');
}

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Puts documents into a container until it has `count`; their ids. */
export async function fill(
  editor: SourceEditor,
  container: string,
  count: number,
  label = 'note',
): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const number = String(i).padStart(5, '0');
    ids.push(await editor.put(container, `${label}-${number}`, `The text of ${label} ${number}.`));
  }
  return ids;
}
