const FIRST = 8;

/**
 * How much to prepare at once. A first attempt takes all it may. A later one begins small and
 * doubles, so that something of it lands soon: a worker that dies again has got the run ahead, and
 * a document that kills workers is soon alone.
 */
export class GroupSizes {
  #next: number;

  constructor(attempt: number) {
    this.#next = attempt > 1 ? FIRST : Infinity;
  }

  next(most: number): number {
    const size = Math.min(most, this.#next);
    this.#next *= 2;
    return size;
  }
}
