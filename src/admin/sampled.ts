/** Rows are read from so many pages (8 kB) at most; a smaller table is counted whole. */
export interface Sample {
  readonly pages: number;
}

/**
 * SQL for the share (0 to 1) of a table's pages that a sample of at most `pages` pages has.
 * @param table a name from the code, never from a request
 */
export function shareOf(table: string, { pages }: Sample): string {
  return `(select least(1.0, ${pages}.0 * current_setting('block_size')::int /
    greatest(pg_relation_size('${table}'), 1))::float8)`;
}

/**
 * SQL after `from <table> <alias>`: only that share of its pages. The same pages each time, so
 * that numbers do not dance while nothing changes.
 */
export function sampleOf(table: string, sample: Sample): string {
  return `tablesample system ((100 * ${shareOf(table, sample)})::real) repeatable (1)`;
}

/** What a count over a share of a table stands for. */
export function scaled(counted: number, share: number): number {
  return share >= 1 ? counted : Math.round(counted / share);
}
