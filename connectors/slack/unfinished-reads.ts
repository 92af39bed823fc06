const MAX_KEPT = 64;
/** Longer than Slack asks to wait, also where several connections share its calls. */
const MAX_AGE_MS = 30 * 60_000;

/** What is read, by whom and when. */
export interface Reading {
  /** null: somebody only asks. */
  readonly run: string | null;
  readonly item: string;
  /** Milliseconds. */
  readonly now: number;
}

/**
 * Items of several calls that were read in part when Slack asked to wait. In the slow tier every
 * call means a pause, after which the item would otherwise be begun again, for ever. An edit of what
 * was read already shows nowhere, so only the run that began an item goes on with it, and not after
 * a long pause: another process may have read it to its end meanwhile.
 */
export class UnfinishedReads<State> {
  private readonly reads = new Map<string, { readonly state: State; readonly at: number }>();

  /** What was read so far; forgotten by this. */
  take({ run, item, now }: Reading): State | undefined {
    const key = `${run}:${item}`;
    const found = this.reads.get(key);
    this.reads.delete(key);
    return found && isFresh(found.at, now) ? found.state : undefined;
  }

  keep({ run, item, now }: Reading, state: State): void {
    if (run === null) return;
    for (const [key, { at }] of this.reads) if (!isFresh(at, now)) this.reads.delete(key);
    this.reads.set(`${run}:${item}`, { state, at: now });
    const [first] = this.reads.keys();
    if (this.reads.size > MAX_KEPT && first !== undefined) this.reads.delete(first);
  }
}

const isFresh = (at: number, now: number): boolean => Math.abs(now - at) <= MAX_AGE_MS;
