import type { ExtractedText, ExtractionFailure } from './extractor.js';
import type { Format } from './media-types.js';

/** Sent to a child over its IPC channel; the `size` bytes of the file follow on its stdin. */
export interface ChildJob {
  format: Format;
  charset?: string;
  size: number;
}

/** Sent by a child: once when it can take jobs, then one answer for each job. */
export type ChildMessage =
  | { type: 'ready' }
  | { type: 'text'; result: ExtractedText }
  | { type: 'failure'; code: ExtractionFailure; message: string };
