import type { Checkpoint, Page } from '../sdk/contract.js';

/** A page with nothing on it but where to go on. */
export function lanePage(checkpoint: Checkpoint, more: Partial<Page> = {}): Page {
  return {
    documents: [],
    tombstones: [],
    failures: [],
    skipped: {},
    complete: false,
    ...more,
    checkpoint,
  };
}
