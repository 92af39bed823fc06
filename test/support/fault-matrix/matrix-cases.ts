import type { OptionalEdit } from '../../../connectors/sdk/conformance/source-editor.js';
import type { EngineBench } from './engine-bench.js';
import type { SyncedSource } from './synced-source.js';

/** What the cases of one file need: the source of the running test, and `it` for some edits. */
export interface MatrixCases {
  readonly pageSize: number;
  bench(): EngineBench;
  source(): SyncedSource;
  /** `it` where the source can do all that, else `it.skip`. */
  when(...edits: readonly OptionalEdit[]): jest.It;
}
