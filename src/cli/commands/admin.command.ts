import type { Command } from 'commander';
import type { ConnectorHealth, Overview } from '../../admin/admin.schema.js';
import type { AuditEntryAnswer } from '../../auth/audit.schema.js';
import type { CliContext } from '../context.js';
import { wholeNumber } from '../option-parsers.js';
import { formatAgo, formatCount, formatDuration } from '../output/quantities.js';
import { renderFields, renderTable, type Column } from '../output/table.js';
import type { Invoke } from '../program.js';
import { operatorApi } from '../server/operator-api.js';
import { shortId } from './find-one.js';

interface OperatorOptions {
  operatorKey?: string;
}

interface AuditOptions extends OperatorOptions {
  tenant?: string;
  action?: string;
  actor?: string;
  since?: string;
  until?: string;
  limit: number;
}

/** What the operator of a server looks at, over all tenants. */
export function registerAdmin(program: Command, invoke: Invoke): void {
  const admin = program
    .command('admin')
    .description('look at a whole server, over all tenants; needs its URL and operator key');
  const command = (name: string, description: string): Command =>
    admin
      .command(name)
      .description(description)
      .option('--operator-key <key>', 'operator key of the server (TRIBUTARY_OPERATOR_KEY)');
  command('overview', 'show what runs, what waits and what needs attention')
    .option('--limit <n>', 'connections that need attention', wholeNumber(1, 100), 20)
    .action(invoke<[], OperatorOptions & { limit: number }>(overview));
  command('health', 'count runs and errors by provider, and memories by their health')
    .option('--hours <n>', 'runs that ended within so many hours', wholeNumber(1, 2160), 24)
    .action(invoke<[], OperatorOptions & { hours: number }>(health));
  command('audit', 'list administrative acts, newest first')
    .option('--tenant <id>', 'only of this tenant')
    .option('--action <action>', 'only this one, e.g. api_key.created')
    .option('--actor <actor>', 'only by key:<id>, operator or bootstrap')
    .option('--since <time>', 'ISO 8601, e.g. 2026-05-31T00:00:00Z')
    .option('--until <time>', 'ISO 8601')
    .option('--limit <n>', 'entries', wholeNumber(1, 500), 50)
    .action(invoke<[], AuditOptions>(audit));
}

async function overview(
  context: CliContext,
  _: [],
  { operatorKey, limit }: OperatorOptions & { limit: number },
): Promise<void> {
  const answer = await operatorApi(context, operatorKey).overview(limit);
  context.answer(answer, () => [
    ...renderFields(overviewFields(answer), context.terminal.style),
    ...attentionLines(context, answer),
  ]);
}

function overviewFields(answer: Overview): [string, string][] {
  const { runs, outbox, documents, memories, index_health: health } = answer;
  const total = ({ total: n, estimated }: Overview['documents']): string =>
    `${estimated ? 'about ' : ''}${formatCount(n)}`;
  const since = (seconds: number | null): string =>
    seconds === null ? '' : `, the oldest for ${formatDuration(seconds * 1000)}`;
  return [
    ['version', `${answer.version}, ${answer.database} database, vectors in ${answer.index}`],
    ['tenants', formatCount(answer.tenants)],
    [
      'connections',
      answer.connections.map(({ provider, status, n }) => `${provider} ${n} ${status}`).join(', '),
    ],
    [
      'runs',
      `${runs.running} at work, ${runs.waiting} waiting, ${runs.queued} queued` +
        since(runs.oldest_queued_seconds),
    ],
    ['failed', `${formatCount(runs.failed_24h)} runs in 24 h`],
    ['outbox', `${formatCount(outbox.pending)}${since(outbox.oldest_seconds)}`],
    ...(outbox.error === null ? [] : [['not indexed', outbox.error] as [string, string]]),
    ...(health.reachable
      ? []
      : [['index', `down since ${health.since}: ${health.error}`] as [string, string]]),
    ['documents', total(documents)],
    ['memories', total(memories)],
  ];
}

type Attention = Overview['attention']['connections'][number];

function attentionLines({ terminal, runtime }: CliContext, { attention }: Overview): string[] {
  if (attention.total === 0) return [];
  const now = runtime.clock.now();
  const columns: Column<Attention>[] = [
    { title: 'CONNECTION', value: ({ id }) => shortId(id) },
    { title: 'TENANT', value: ({ tenant }) => shortId(tenant) },
    { title: 'PROVIDER', value: ({ provider }) => provider },
    { title: 'NAME', value: ({ name }) => name, flexible: true },
    { title: 'STATUS', value: ({ status }) => status, paint: () => terminal.style.warn },
    { title: 'SINCE', value: ({ since }) => formatAgo(since, now) },
    { title: 'ERROR', value: (one) => one.last_error ?? '', flexible: true },
    { title: 'HELD', value: (one) => (one.held_deletions ? 'deletions' : '') },
  ];
  const shown = attention.connections.length;
  return [
    '',
    `${formatCount(attention.total)} need attention${shown < attention.total ? ` (${shown} shown)` : ''}:`,
    ...renderTable(attention.connections, columns, terminal),
  ];
}

async function health(
  context: CliContext,
  _: [],
  { operatorKey, hours }: OperatorOptions & { hours: number },
): Promise<void> {
  const api = operatorApi(context, operatorKey);
  const [connectors, memories] = [await api.connectorHealth(hours), await api.memoryHealth()];
  const now = context.runtime.clock.now();
  const columns: Column<ConnectorHealth>[] = [
    { title: 'PROVIDER', value: ({ provider }) => provider },
    { title: `RUNS IN ${hours} H`, align: 'right', value: ({ runs }) => formatCount(runs) },
    { title: 'ERRORS', align: 'right', value: ({ errors }) => formatCount(errors) },
    {
      title: 'LAST',
      value: (one) => (one.last_run === null ? '-' : formatAgo(one.last_run, now)),
    },
  ];
  const { estimated, ...counts } = memories;
  context.answer({ connectors, memories }, () => [
    ...renderTable(connectors, columns, context.terminal),
    '',
    `memories${estimated ? ' (estimated)' : ''}`,
    ...renderFields(
      Object.entries(counts).map(([name, n]) => [name.replace('_', ' '), formatCount(n)] as const),
      context.terminal.style,
    ),
  ]);
}

async function audit(
  context: CliContext,
  _: [],
  { operatorKey, ...query }: AuditOptions,
): Promise<void> {
  const entries = await operatorApi(context, operatorKey).audit(query);
  const columns: Column<AuditEntryAnswer>[] = [
    { title: 'TIME', value: (entry) => entry.created_at },
    { title: 'TENANT', value: ({ tenant }) => tenant ?? '-' },
    { title: 'ACTOR', value: ({ actor }) => actor, flexible: true, min: 12 },
    { title: 'ACTION', value: ({ action }) => action },
    { title: 'TARGET', value: ({ target }) => target ?? '', flexible: true },
  ];
  context.answer(entries, () => renderTable(entries, columns, context.terminal));
}
