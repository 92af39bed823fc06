import type { ItemFailure } from '../sdk/contract.js';
import { toFailure } from './document.js';
import type { SelectedFile } from './files-source.js';
import type { SkipReason } from './selection.js';
import type { SweepPosition } from './sweep-position.js';
import type { WalkEvent } from './walk.js';

/** A partition with more unreadable folders names these and says that there are more. */
const MAX_NAMED_GAPS = 20;

/** What a page tells beside its documents. */
export class PageTally {
  readonly skipped: Record<string, number> = {};
  readonly failures: ItemFailure[] = [];
  private readonly gaps: string[] = [];
  private readonly links: string[] = [];

  note(event: Exclude<WalkEvent, { kind: 'file' }>): void {
    if (event.kind === 'skipped') this.skip(event.reason, event.count);
    if (event.kind === 'gap') this.gaps.push(event.reason);
    if (event.kind === 'link') this.links.push(event.target);
    if (event.kind === 'unreadable_name') {
      const message = `The name of ${event.id} is not valid UTF-8.`;
      this.failures.push(toFailure(event, 'invalid_file_name', message));
    }
    if (event.kind === 'duplicate_name') {
      const message = `${event.id} is left out: a name beside it differs only in its Unicode form.`;
      this.failures.push(toFailure(event, 'duplicate_name', message));
    }
  }

  skip(reason: SkipReason, count = 1): void {
    this.skipped[reason] = (this.skipped[reason] ?? 0) + count;
  }

  add(other: PageTally): void {
    for (const [reason, count] of Object.entries(other.skipped)) {
      this.skipped[reason] = (this.skipped[reason] ?? 0) + count;
    }
    this.failures.push(...other.failures);
    this.gaps.push(...other.gaps);
    this.links.push(...other.links);
  }

  /** The position after a page with these files. */
  advance(position: SweepPosition, files: readonly SelectedFile[]): SweepPosition {
    return {
      after: files.at(-1)?.id ?? position.after,
      gaps: named([...position.gaps, ...this.gaps]),
      links: [...position.links, ...this.links],
    };
  }
}

function named(met: readonly string[]): string[] {
  const gaps = [...new Set(met)];
  if (gaps.length <= MAX_NAMED_GAPS) return gaps;
  return [...gaps.slice(0, MAX_NAMED_GAPS - 1), 'more folders cannot be read'];
}
