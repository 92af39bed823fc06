import type { Command } from 'commander';
import type { ConnectionAnswer } from '../../connections/connections.schema.js';
import { usageError } from '../cli-error.js';
import type { CliContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { formatAgo, formatCount } from '../output/quantities.js';
import { stateStyle } from '../output/style.js';
import { renderTable, type Column } from '../output/table.js';
import type { Invoke } from '../program.js';
import { renewCredentials } from './connection-credentials.js';
import { describeSchedule, describeSource } from './describe-connection.js';
import { findConnection, shortId, WHICH_CONNECTION } from './find-one.js';
import { addScheduleOptions, scheduleFrom, type ScheduleOptions } from './schedule-options.js';
import { addSlackTokenOptions, type SlackTokenOptions } from './slack-token.js';

export function registerConnections(program: Command, invoke: Invoke): void {
  const connections = program
    .command('connections')
    .description(
      'list, pause, resume, schedule, check and delete connections, or renew their credentials',
    )
    .action(invoke(list));
  connections.command('list').description('list the connections').action(invoke(list));
  connections
    .command('pause')
    .description('stop syncing; what is synced stays searchable')
    .argument('<connection>', WHICH_CONNECTION)
    .action(invoke<[string]>(pause));
  connections
    .command('resume')
    .description('sync again after a pause or an error')
    .argument('<connection>', WHICH_CONNECTION)
    .action(invoke<[string]>(resume));
  addScheduleOptions(connections.command('schedule'))
    .description('change when a connection syncs by itself')
    .argument('<connection>', WHICH_CONNECTION)
    .action(invoke<[string], ScheduleOptions>(reschedule));
  connections
    .command('probe')
    .description('ask the source whether everything that a sync needs works')
    .argument('<connection>', WHICH_CONNECTION)
    .action(invoke<[string]>(probe));
  addSlackTokenOptions(connections.command('credentials'))
    .summary('give a Slack connection a new token; what it has synced is kept')
    .description(
      'Give a Slack connection a new token, of the same workspace, after the old one was revoked or ' +
        'to use another app. It is tried first; what is synced is kept. Without --token and ' +
        '--token-file the token is read from SLACK_BOT_TOKEN.',
    )
    .argument('<connection>', WHICH_CONNECTION)
    .action(invoke<[string], SlackTokenOptions>(renewCredentials));
  connections
    .command('delete')
    .description('detach a connection; its memories stay unless --purge is given')
    .argument('<connection>', WHICH_CONNECTION)
    .option('--purge', 'also delete the documents and memories that it synced')
    .action(invoke<[string], { purge?: boolean }>(remove));
}

async function list(context: CliContext): Promise<void> {
  await context.withServer({}, async ({ api }) => {
    const connections = await api.connections();
    context.answer(connections, () =>
      connections.length === 0
        ? ['No connections yet. Begin with "tributary connect files PATH".']
        : renderTable(connections, columns(context), context.terminal),
    );
  });
}

function columns({ terminal, runtime }: CliContext): Column<ConnectionAnswer>[] {
  const now = runtime.clock.now();
  return [
    { title: 'ID', value: ({ id }) => shortId(id) },
    { title: 'NAME', value: ({ name }) => name, flexible: true },
    { title: 'PROVIDER', value: ({ provider }) => provider },
    { title: 'COLLECTION', value: ({ collection }) => collection, flexible: true },
    {
      title: 'STATUS',
      value: ({ status }) => status,
      paint: ({ status }) => stateStyle(terminal.style, status),
    },
    {
      title: 'DOCUMENTS',
      align: 'right',
      value: ({ document_count: count }) => formatCount(count),
    },
    { title: 'SCHEDULE', value: ({ schedule }) => describeSchedule(schedule) },
    {
      title: 'LAST SYNC',
      value: ({ last_run: run }) =>
        run === null ? '-' : `${run.status}, ${formatAgo(run.created_at, now)}`,
    },
    { title: 'SOURCE', value: describeSource, flexible: true, min: 12 },
    { title: 'WHY', value: ({ status_reason: why }) => why ?? '', flexible: true, min: 12 },
  ];
}

async function pause(context: CliContext, [typed]: [string]): Promise<void> {
  await context.withServer({}, async ({ api }) => {
    const { id } = findConnection(await api.connections(), typed);
    const paused = await api.pause(id);
    context.answer(paused, () => [`${paused.name} is paused; what is synced stays searchable`]);
  });
}

async function resume(context: CliContext, [typed]: [string]): Promise<void> {
  await context.withServer({}, async ({ api }) => {
    const { id } = findConnection(await api.connections(), typed);
    const resumed = await api.resume(id);
    context.answer(resumed, () => [
      `${resumed.name} is active again, ${describeSchedule(resumed.schedule)}`,
    ]);
  });
}

async function reschedule(
  context: CliContext,
  [typed]: [string],
  options: ScheduleOptions,
): Promise<void> {
  const schedule = scheduleFrom(options);
  if (schedule === undefined) throw usageError('say when: --every, --cron or --schedule none');
  await context.withServer({}, async ({ api }) => {
    const { id } = findConnection(await api.connections(), typed);
    const changed = await api.setSchedule(id, schedule);
    context.answer(changed, () => [
      `${changed.name} syncs ${describeSchedule(changed.schedule)}` +
        (changed.next_run_at === null ? '' : `, next at ${changed.next_run_at}`),
    ]);
  });
}

async function probe(context: CliContext, [typed]: [string]): Promise<void> {
  await context.withServer({}, async ({ api }) => {
    const { id } = findConnection(await api.connections(), typed);
    const answer = await api.probe(id);
    const { terminal } = context;
    context.answer(answer, () =>
      renderTable(
        answer.checks,
        [
          { title: 'CHECK', value: ({ name }) => name },
          {
            title: 'OUTCOME',
            value: ({ outcome }) => outcome,
            paint: ({ outcome }) => stateStyle(terminal.style, outcome),
          },
          { title: 'MESSAGE', value: ({ message }) => message, flexible: true, min: 20 },
        ],
        terminal,
      ),
    );
    if (answer.checks.some(({ outcome }) => outcome === 'failed')) context.exitCode = EXIT.failure;
  });
}

async function remove(
  context: CliContext,
  [typed]: [string],
  { purge = false }: { purge?: boolean },
): Promise<void> {
  await context.withServer({}, async ({ api }) => {
    const { id, name, document_count: documents } = findConnection(await api.connections(), typed);
    await api.deleteConnection(id, purge);
    const kept = `${formatCount(documents)} documents stay searchable`;
    context.answer({ id, deleted: true, purged: purge }, () => [
      purge ? `${name} is deleted with its documents` : `${name} is deleted; its ${kept}`,
    ]);
  });
}
