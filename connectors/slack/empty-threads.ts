import type { SlackSource } from './slack-source.js';

type Reader = Pick<SlackSource, 'identity' | 'config'>;

const MAX_KEPT = 10_000;

/**
 * Threads that were read for nothing, since all of their messages are left out. They are no
 * documents, so nothing else remembers that they need not be read again.
 */
export class EmptyThreads {
  private readonly known = new Set<string>();

  /** @param version as the listing gives it: with another one the thread may hold something */
  note(source: Reader, externalId: string, version: string): void {
    this.known.add(keyOf(source, externalId, version));
    const [oldest] = this.known;
    if (this.known.size > MAX_KEPT && oldest !== undefined) this.known.delete(oldest);
  }

  has(source: Reader, externalId: string, version: string): boolean {
    return this.known.has(keyOf(source, externalId, version));
  }
}

/** The version alone does not tell of bots that write in the names of people. */
function keyOf({ identity, config }: Reader, externalId: string, version: string): string {
  return JSON.stringify([identity.teamId, config.bots, externalId, version]);
}
