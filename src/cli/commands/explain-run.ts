import type { RunExplanation } from '../../runs/run-explain.schema.js';
import type { CliContext } from '../context.js';
import { formatAgo, formatCount } from '../output/quantities.js';
import { stateStyle } from '../output/style.js';
import { clip, renderFields, renderTable } from '../output/table.js';
import { credentialsHint, settleHint } from './hints.js';

/** Why a run stands where it stands, as lines: causes first, then what they were drawn from. */
export function explainRun(told: RunExplanation, context: CliContext): string[] {
  const { style } = context.terminal;
  const causes = told.causes.flatMap((cause) => {
    const action = commandFor(cause.code, told.connection.id) ?? cause.action;
    return [
      `- ${clip(cause.message)}`,
      ...(action === null ? [] : [style.dim(`  ${clip(action)}`)]),
    ];
  });
  return [...causes, '', ...facts(told, context), ...budgets(told, context)];
}

/** What the server says of its routes, as commands. */
function commandFor(code: string, connection: string): string | undefined {
  if (code === 'deletions_held') return `${settleHint(connection)}.`;
  return code === 'needs_auth'
    ? `${credentialsHint(connection)}; cursor and data are kept.`
    : undefined;
}

function facts(told: RunExplanation, context: CliContext): string[] {
  const { style } = context.terminal;
  const now = context.runtime.clock.now();
  const { connection, lease, queue, last_call: call } = told;
  return renderFields(
    [
      ['run', told.run_id],
      ['status', stateStyle(style, told.status)(told.status)],
      ['connection', `${connection.name} (${connection.status})`],
      ['waiting', told.waiting && `${told.waiting.reason} until ${told.waiting.until}`],
      ['progress', told.last_progress_at && formatAgo(told.last_progress_at, now)],
      ['worker', lease && `${lease.owner}, heard of ${lease.heartbeat_age_seconds} s ago`],
      ['queue', queue && `${formatCount(queue.ahead)} before it, ${queue.running} at work`],
      ['last call', call && `${call.method} (${call.outcome}), ${formatAgo(call.at, now)}`],
    ],
    style,
  );
}

function budgets({ budgets: rows }: RunExplanation, { terminal }: CliContext): string[] {
  if (rows.length === 0) return [];
  const lines = renderTable(
    rows,
    [
      { title: 'METHOD', value: ({ method }) => method, flexible: true, min: 12 },
      {
        title: 'CALLS/MIN',
        align: 'right',
        value: ({ calls_per_minute: n }) => (n === null ? '-' : `${n}`),
      },
      { title: 'LEFT', align: 'right', value: ({ available: n }) => (n === null ? '-' : `${n}`) },
      { title: 'BLOCKED UNTIL', value: ({ blocked_until: at }) => at ?? '' },
    ],
    terminal,
  );
  return ['', terminal.style.bold('Budgets'), ...lines];
}
