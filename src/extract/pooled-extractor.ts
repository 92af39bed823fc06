import { compiled } from '../common/compiled.js';
import { ChildPool, type ChildPoolOptions } from './child-pool.js';
import { extractFormat } from './extract-format.js';
import { ExtractionError, type ExtractedText, type Extractor } from './extractor.js';
import {
  MAX_DECODED_BYTES,
  MAX_INLINE_BYTES,
  MAX_INPUT_BYTES,
  MAX_RESIDENT_BYTES,
  TIMEOUT_MS,
} from './limits.js';
import { detectFormat, parseMediaType, type Format } from './media-types.js';

export type PooledExtractorOptions = Partial<ChildPoolOptions>;

/** Formats that are cheap and safe to read without a child while they are small. */
const INLINE: ReadonlySet<Format> = new Set<Format>(['text', 'markdown', 'csv']);

/** Reads small text files itself and everything else in child processes that can be killed. */
export class PooledExtractor implements Extractor {
  private readonly pool: ChildPool;

  constructor(options: PooledExtractorOptions = {}) {
    this.pool = new ChildPool({
      childPath: options.childPath ?? compiled(import.meta.url, './extract.child.js'),
      size: options.size ?? 2,
      idleMs: options.idleMs ?? 10_000,
      timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
      maxResidentBytes: options.maxResidentBytes ?? MAX_RESIDENT_BYTES,
    });
  }

  /** Child processes started so far. */
  get childrenStarted(): number {
    return this.pool.started;
  }

  async extract(
    bytes: Uint8Array,
    mediaType: string,
    fileName?: string,
    signal?: AbortSignal,
  ): Promise<ExtractedText> {
    signal?.throwIfAborted();
    if (bytes.length > MAX_INPUT_BYTES) {
      const megabytes = (length: number): number => Math.round(length / 1024 / 1024);
      throw new ExtractionError(
        'too_large',
        `The file has ${megabytes(bytes.length)} MiB, more than ${megabytes(MAX_INPUT_BYTES)}.`,
      );
    }
    const format = detectFormat(bytes, mediaType, fileName);
    const { charset } = parseMediaType(mediaType);
    if (INLINE.has(format) && bytes.length <= MAX_INLINE_BYTES) {
      return extractFormat(format, bytes, charset);
    }
    // One byte more than is decoded tells the child that there was more.
    const input = INLINE.has(format) ? bytes.subarray(0, MAX_DECODED_BYTES + 1) : bytes;
    return this.pool.run({ format, charset, size: input.length }, input, signal);
  }

  async close(): Promise<void> {
    await this.pool.close();
  }
}
