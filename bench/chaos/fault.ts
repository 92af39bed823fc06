import type { Fleet } from './fleet.js';

/** A fault that lasts until its `end`. */
export interface Ongoing {
  /** At least so long, milliseconds. */
  readonly lastsMs: number;
  /**
   * What health tells of it while it lasts, in words.
   * @throws InVain when it does not
   */
  told(): Promise<string[]>;
  end(): Promise<void>;
  /** What must be so again afterwards, beside what is looked at after every fault. */
  over?(): Promise<void>;
}

export interface Fault {
  readonly kind: string;
  /** Nothing is written or synced meanwhile. */
  readonly idle?: boolean;
  /** False where the topology has no means to bring it about. */
  isPossible(fleet: Fleet): boolean;
  begin(fleet: Fleet): Promise<Ongoing>;
}

export const always = (): boolean => true;

/** What is asked under a fault is told within this time or not at all. */
export const TOLD_WITHIN_MS = 30_000;
