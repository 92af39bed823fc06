const MAX_KEPT = 10_000;

/**
 * Threads that were read for nothing, since all of their messages are left out. They are no
 * documents, so nothing else remembers that they need not be read again.
 */
export class EmptyThreads {
  private readonly known = new Set<string>();

  /** @param version as the listing gives it: with another one the thread may hold something */
  note(team: string, externalId: string, version: string): void {
    this.known.add(`${team}:${externalId}:${version}`);
    const [oldest] = this.known;
    if (this.known.size > MAX_KEPT && oldest !== undefined) this.known.delete(oldest);
  }

  has(team: string, externalId: string, version: string): boolean {
    return this.known.has(`${team}:${externalId}:${version}`);
  }
}
