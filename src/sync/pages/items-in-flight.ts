import type { ListedItems } from './page-judge.js';

/**
 * Items of pages that are prepared and not committed yet. Preparing compares an item with what is
 * stored, so an item that is in flight must not be prepared a second time: the later page would
 * miss what the earlier one is about to write.
 */
export class ItemsInFlight {
  readonly #ids = new Set<string>();
  readonly #waiting = new Set<() => void>();
  #stopped = false;

  /** Takes items as soon as none of them is in flight. */
  async take(ids: readonly string[]): Promise<void> {
    while (!this.#stopped && ids.some((id) => this.#ids.has(id)))
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    for (const id of ids) this.#ids.add(id);
  }

  /** Takes those that are free, at once: for the one who commits, who would wait for itself. */
  takeFree<Item extends { readonly externalId: string }>(items: readonly Item[]): Item[] {
    const free = items.filter(({ externalId }) => !this.#ids.has(externalId));
    for (const { externalId } of free) this.#ids.add(externalId);
    return free;
  }

  release(ids: readonly string[]): void {
    for (const id of ids) this.#ids.delete(id);
    this.wake();
  }

  /** Nothing is committed any more, so whoever waits goes on to no effect. */
  stop(): void {
    this.#stopped = true;
    this.wake();
  }

  private wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** Every item that a page says something about. */
export function idsOf({ documents, failures, tombstones }: ListedItems): string[] {
  return [
    ...documents.map(({ externalId }) => externalId),
    ...failures.map(({ externalId }) => externalId),
    ...tombstones,
  ];
}
