/** The Qdrant of a campaign, with what can befall it. */
export interface IndexServer {
  readonly url: string;
  readonly name: string;
  /** Connections are cut and new ones refused until `up`. What was acknowledged stays. */
  down(): Promise<void>;
  /** The same, with no chance to put anything away. */
  crash(): Promise<void>;
  up(): Promise<void>;
  /** Every answer comes so much later; 0: at once. */
  slow(ms: number): Promise<void>;
  /** What is sent gets no answer, and is done later all the same. */
  hang(): Promise<void>;
  goOn(): Promise<void>;
  /** Collections, aliases and points are gone; it answers as an empty one. */
  loseEverything(): Promise<void>;
  /** No write succeeds; null where that cannot be brought about. */
  readonly fillDisk: ((full: boolean) => Promise<void>) | null;
  remove(): Promise<void>;
}
