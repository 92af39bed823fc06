const LARGEST = 256;
const LARGEST_WHEN_LIMITED = 8;

/**
 * How many documents to ask a source about at once. A batch that meets a rate limit is lost, so
 * the first one is small enough to succeed with any budget, and all stay small once the source
 * has asked to wait: each attempt gets ahead, and little is asked twice.
 */
export class VerifyBatch {
  #size = 1;
  readonly #largest: number;

  /** @param limited the source has asked this run to wait */
  constructor(limited: boolean) {
    this.#largest = limited ? LARGEST_WHEN_LIMITED : LARGEST;
  }

  next(): number {
    const size = this.#size;
    this.#size = Math.min(this.#largest, size * 2);
    return size;
  }
}
