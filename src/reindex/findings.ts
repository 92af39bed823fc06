import { DRIFT_KINDS, type DriftKind } from './index-check.schema.js';

/** What one step of a check came to. */
export class Findings {
  readonly found = noDrift();
  readonly mended = noDrift();
  readonly unconfigured = new Set<string>();
  checked = 0;

  constructor(readonly repair: boolean) {}

  add(kind: DriftKind, found: number, mended = this.repair ? found : 0): void {
    this.found[kind] += found;
    this.mended[kind] += mended;
  }
}

/** Nothing of any kind. */
export function noDrift(): Record<DriftKind, number> {
  return Object.fromEntries(DRIFT_KINDS.map((kind) => [kind, 0])) as Record<DriftKind, number>;
}
