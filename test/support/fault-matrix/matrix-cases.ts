import type { OptionalEdit } from '../../../connectors/sdk/conformance/source-editor.js';
import type { EngineBench } from './engine-bench.js';
import type { ListingPlace } from './hooked-connector.js';
import type { SyncedSource } from './synced-source.js';

/** What the cases of one file need: the source of the running test, and `it` for some edits. */
export interface MatrixCases {
  readonly pageSize: number;
  /**
   * The connector has one lane, so that each document is listed and read once. Where lanes overlap,
   * what is counted by listing is a bound only.
   */
  readonly isExact: boolean;
  /** Whether the lane that lists everything is asked for that page, of that partition if given. */
  isAt(place: ListingPlace, page: number, partition?: string): boolean;
  bench(): EngineBench;
  source(): SyncedSource;
  /** `it` where the source can do all that, else `it.skip`. */
  when(...edits: readonly OptionalEdit[]): jest.It;
}
