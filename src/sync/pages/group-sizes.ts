const FIRST = 32;
const FIRST_OF_A_RETRY = 8;

/**
 * How much to prepare at once: little at first, then twice as much each time, so that something
 * lands soon. The database has work while the next group is prepared, and a later attempt, which
 * begins with less, gets the run ahead although its worker may die again: a document that kills
 * workers is soon alone.
 */
export class GroupSizes {
  #next: number;

  constructor(attempt: number) {
    this.#next = attempt > 1 ? FIRST_OF_A_RETRY : FIRST;
  }

  next(most: number): number {
    const size = Math.min(most, this.#next);
    this.#next *= 2;
    return size;
  }
}
