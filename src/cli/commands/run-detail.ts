import type { RunDetailAnswer } from '../../runs/runs.schema.js';
import type { CliContext } from '../context.js';
import type { FailureAnswer } from '../../sync/failures/failures.schema.js';
import {
  formatAgo,
  formatBytes,
  formatCount,
  formatDuration,
  plural,
} from '../output/quantities.js';
import { stateStyle } from '../output/style.js';
import { renderFields, renderTable } from '../output/table.js';
import { durationOf } from './follow-runs.js';
import { settleHint } from './hints.js';

/** Everything about one run, as lines. */
export function runDetail(
  run: RunDetailAnswer,
  connection: string,
  failures: readonly FailureAnswer[],
  context: CliContext,
): string[] {
  const sections: [string, string[]][] = [
    ['', summary(run, connection, context)],
    ['Partitions', partitions(run, context)],
    ['Not read', leftOut(run, context)],
    ['Attempts', run.attempts.length > 1 ? attempts(run, context) : []],
    ['Failed items', failed(failures, context)],
  ];
  const { style } = context.terminal;
  return sections
    .filter(([, lines]) => lines.length > 0)
    .flatMap(([title, lines]) => (title === '' ? lines : ['', style.bold(title), ...lines]));
}

function summary(run: RunDetailAnswer, connection: string, context: CliContext): string[] {
  const { style } = context.terminal;
  const { counts, timings } = run;
  const paint = stateStyle(style, run.status);
  const documents = [
    ['created', counts.created],
    ['updated', counts.updated],
    ['unchanged', counts.unchanged],
    ['moved', counts.moved],
    ['restored', counts.restored],
    ['deleted', counts.deleted],
    ['lost access', counts.lost_access],
    ['failed', counts.failed],
  ] as const;
  const skipped = Object.entries(counts.skipped);
  return renderFields(
    [
      ['run', run.id],
      ['connection', `${connection} (${run.provider})`],
      ['status', paint(run.status)],
      ['trigger', run.trigger],
      ['asked', `${run.created_at} (${formatAgo(run.created_at, context.runtime.clock.now())})`],
      ['took', run.finished_at === null ? null : formatDuration(durationOf(run))],
      ['waiting', run.waiting && `${run.waiting.reason} until ${run.waiting.until}`],
      ['error', run.error_detail ? `${run.error} (${run.error_detail.code})` : run.error],
      ['documents', counted([['listed', counts.listed], ...documents])],
      ['skipped', counted(skipped)],
      [
        'memories',
        counted([
          ['written', counts.chunks],
          ['embedded', counts.embedded],
          ['embeddings saved', counts.embeddings_saved],
        ]),
      ],
      [
        'source',
        counted([
          ['calls', counts.api_calls],
          ['rate limits', counts.rate_limited],
        ]),
      ],
      ['read', counts.bytes > 0 ? formatBytes(counts.bytes) : null],
      ['stages', stages(timings)],
      [
        'held back',
        run.held_deletions && `${plural(run.held_deletions.count, 'deletion')}, to be confirmed`,
      ],
      ['to settle', run.held_deletions && settleHint(run.connection_id)],
    ],
    style,
  );
}

function counted(facts: readonly (readonly [string, number])[]): string {
  return facts
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${formatCount(count)} ${what}`)
    .join(', ');
}

function stages(timings: RunDetailAnswer['timings']): string {
  return Object.entries(timings)
    .filter(([, ms]) => ms > 0)
    .map(([stage, ms]) => `${stage} ${formatDuration(ms)}`)
    .join(', ');
}

function partitions({ partitions: rows }: RunDetailAnswer, { terminal }: CliContext): string[] {
  if (rows.length === 0) return [];
  return renderTable(
    rows,
    [
      { title: 'PARTITION', value: ({ title, key }) => title || key, flexible: true, min: 12 },
      { title: 'LANE', value: ({ lane }) => lane },
      {
        title: 'STATE',
        value: ({ state }) => state,
        paint: ({ state }) => stateStyle(terminal.style, state),
      },
      { title: 'DOCUMENTS', align: 'right', value: ({ documents }) => formatCount(documents) },
      {
        title: 'EXPECTED',
        align: 'right',
        value: ({ expected }) => (expected === null ? '' : formatCount(expected)),
      },
      { title: 'PAGES', align: 'right', value: ({ pages }) => formatCount(pages) },
      { title: 'FAILED', align: 'right', value: ({ failures }) => formatCount(failures) },
      { title: 'WHY', value: ({ gap_reason: reason }) => reason ?? '', flexible: true },
    ],
    terminal,
  );
}

/** Beyond these there is `--json`: a workspace may have thousands of channels without the bot. */
const MAX_LEFT_OUT = 20;

function leftOut(run: RunDetailAnswer, { terminal }: CliContext): string[] {
  const { skipped_partitions: skipped } = run;
  if (skipped.length === 0) return [];
  const more = skipped.length - MAX_LEFT_OUT;
  const lines = renderTable(
    skipped.slice(0, MAX_LEFT_OUT),
    [
      { title: 'PARTITION', value: ({ title, key }) => title || key, flexible: true, min: 12 },
      { title: 'WHY', value: ({ reason }) => reason, flexible: true },
    ],
    terminal,
  );
  return more > 0 ? [...lines, `and ${formatCount(more)} more (--json shows them)`] : lines;
}

function attempts({ attempts: rows }: RunDetailAnswer, { terminal }: CliContext): string[] {
  return renderTable(
    rows,
    [
      { title: '#', align: 'right', value: ({ attempt }) => `${attempt}` },
      { title: 'STARTED', value: ({ started_at: at }) => at },
      { title: 'OUTCOME', value: ({ outcome }) => outcome ?? 'running' },
      { title: 'WORKER', value: ({ worker }) => worker, flexible: true },
      { title: 'ERROR', value: ({ error }) => error ?? '', flexible: true },
    ],
    terminal,
  );
}

function failed(failures: readonly FailureAnswer[], { terminal, runtime }: CliContext): string[] {
  if (failures.length === 0) return [];
  const now = runtime.clock.now();
  return renderTable(
    failures,
    [
      {
        title: 'ITEM',
        value: ({ title, external_id: id }) => (title && id.endsWith(title) ? id : (title ?? id)),
        flexible: true,
        min: 16,
      },
      { title: 'STAGE', value: ({ stage }) => stage },
      { title: 'CODE', value: ({ code }) => code },
      { title: 'TRIES', align: 'right', value: ({ attempts: tries }) => `${tries}` },
      { title: 'AGAIN', value: ({ next_at: at }) => (at === null ? '-' : formatAgo(at, now)) },
      { title: 'WHY', value: ({ message }) => message, flexible: true, min: 16 },
    ],
    terminal,
  );
}
