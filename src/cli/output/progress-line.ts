import type { RunAnswer } from '../../runs/runs.schema.js';
import { formatCount, formatDuration, formatRate } from './quantities.js';
import { stateStyle, type Style } from './style.js';
import { oneLine, truncate } from './text-width.js';

const BAR = 24;
const NAME = 28;

export type RunView = Pick<
  RunAnswer,
  'status' | 'progress' | 'waiting' | 'counts' | 'synced_count' | 'error' | 'held_deletions'
>;

/** `▕██████▌                 ▏`: `share` from 0 to 1 in `cells` cells, to an eighth of a cell. */
export function bar(share: number, cells = BAR): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * cells * 8);
  const full = Math.floor(eighths / 8);
  const part = [...'▏▎▍▌▋▊▉'][(eighths % 8) - 1] ?? '';
  return '█'.repeat(full) + part + ' '.repeat(cells - full - (part === '' ? 0 : 1));
}

/** Bar, done/total, rate and time to go of anything that is counted. */
export function shareLine(
  name: string,
  { done, total, rate, eta }: { done: number; total: number; rate: number; eta: number | null },
  what = '',
): string {
  const share = total === 0 ? 1 : done / total;
  return [
    oneLine(name),
    `▕${bar(share)}▏${`${Math.floor(share * 100)}%`.padStart(4)}`,
    `${formatCount(done)}/${formatCount(total)}`,
    rate > 0 ? formatRate(rate) : '',
    eta ? `ETA ${formatDuration(eta * 1000)}` : '',
    what,
  ]
    .filter((part) => part !== '')
    .join('  ');
}

/** One line about a run that goes on: bar, done/expected, rate, time to go, what it works on. */
export function progressLine(name: string, run: RunView, width: number, style: Style): string {
  const title = truncate(oneLine(name), Math.min(NAME, width));
  const parts =
    run.status === 'waiting'
      ? [`waiting: ${waitingFor(run)}`]
      : run.status === 'queued'
        ? ['queued']
        : runningParts(run);
  const plain = truncate(`${title}  ${parts.join('  ')}`, width);
  return style.bold(title) + plain.slice(title.length);
}

function runningParts({ progress, status }: RunView): string[] {
  const { done, expected, rate, eta_seconds: eta, partition } = progress;
  const place = partition === null ? '' : oneLine(partition);
  const speed = rate > 0 ? formatRate(rate) : '';
  if (expected === null || expected === 0) {
    const documents = done === 0 ? 'starting' : `${formatCount(done)} documents`;
    return [documents, speed, place].filter((part) => part !== '');
  }
  // What is listed is still being read and written; all is done when the run has ended.
  const share = Math.min(done / expected, 0.99);
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const total = formatCount(expected);
  const left = !eta || status !== 'running' ? '' : `ETA ${formatDuration(eta * 1000)}`;
  return [
    `▕${bar(share)}▏${percent}`,
    `${formatCount(done).padStart(total.length)}/${total}`,
    speed,
    left,
    place,
  ].filter((part) => part !== '');
}

function waitingFor({ waiting }: RunView): string {
  if (!waiting) return 'for the source';
  const until = waiting.until.slice(11, 19);
  return `${oneLine(waiting.reason)}, goes on at ${until} UTC`;
}

/** What a run that has ended did, in a line. */
export function outcomeLine(name: string, run: RunView, ms: number, style: Style): string {
  const { counts } = run;
  const mark = { success: '✓', partial: '!' }[run.status as string] ?? '✗';
  const facts = [
    [run.synced_count, 'synced'],
    [counts.unchanged, 'unchanged'],
    [counts.moved, 'moved'],
    [counts.restored, 'restored'],
    [counts.deleted, 'deleted'],
    [counts.lost_access, 'lost access'],
    [counts.failed, 'failed'],
    [Object.values(counts.skipped).reduce((sum, n) => sum + n, 0), 'skipped'],
  ] as const;
  const told = facts.filter(([count, what]) => count > 0 || what === 'synced');
  const text = told.map(([count, what]) => `${formatCount(count)} ${what}`).join(', ');
  const paint = stateStyle(style, run.status);
  const state = run.status === 'success' ? '' : ` ${run.status}:`;
  const line = `${paint(mark)} ${style.bold(oneLine(name))}${paint(state)} ${text}`;
  return `${line} in ${formatDuration(ms)}${run.error === null ? '' : ` - ${oneLine(run.error)}`}`;
}
