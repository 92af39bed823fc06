/** What values beyond the bound are called. */
export const OTHER = 'other';

/**
 * Keeps a label from growing without end: the first `max` values pass, later ones are `other`.
 * The names come from the code, so this is for the day on which one of them does not.
 */
export class BoundedLabel {
  private readonly known = new Set<string>();

  constructor(private readonly max: number) {}

  of(value: string): string {
    if (this.known.has(value)) return value;
    if (this.known.size >= this.max) return OTHER;
    this.known.add(value);
    return value;
  }
}
