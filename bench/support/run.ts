/** What the API answers of a sync run, as far as benches look at it. */
export interface Run {
  status: string;
  counts: Record<string, number>;
  started_at: string;
  finished_at: string;
  error: string | null;
  waiting: unknown;
}
