import type { Command } from 'commander';
import type { ConnectionAnswer } from '../../connections/connections.schema.js';
import type { RunAnswer } from '../../runs/runs.schema.js';
import { CliError } from '../cli-error.js';
import type { CliContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import type { TributaryApi } from '../http/tributary-api.js';
import { wholeNumber } from '../option-parsers.js';
import { formatAgo, formatCount, formatDuration } from '../output/quantities.js';
import { stateStyle } from '../output/style.js';
import { renderTable, type Column } from '../output/table.js';
import type { Invoke } from '../program.js';
import { explainRun } from './explain-run.js';
import { findById, findConnection, shortId, WHICH_CONNECTION } from './find-one.js';
import { durationOf } from './follow-runs.js';
import { runDetail } from './run-detail.js';
import { watchRun } from './watch-run.js';

const FAILURES_SHOWN = 100;
const RUNS_SEARCHED = 100;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface NamedRun {
  run: RunAnswer;
  connection: ConnectionAnswer;
}

export function registerRuns(program: Command, invoke: Invoke): void {
  const runs = program
    .command('runs')
    .description('list sync runs, newest first')
    .argument('[connection]', WHICH_CONNECTION)
    .option('--limit <n>', 'at most so many', wholeNumber(1, 100), 20)
    .action(invoke<[string | undefined], { limit: number }>(listRuns));
  runs
    .command('show')
    .description('show a run with its partitions, attempts and failures')
    .argument('<id>', 'id or its beginning')
    .action(invoke<[string]>(showRun));
  runs
    .command('explain')
    .description('say why a run stands where it stands, and what to do')
    .argument('<id>', 'id or its beginning')
    .action(invoke<[string]>(explain));
  runs
    .command('watch')
    .description('show the progress of a run until it ends')
    .argument('<id>', 'id or its beginning')
    .action(invoke<[string]>(watch));
  runs
    .command('cancel')
    .description('stop a run at its next page; what is committed stays')
    .argument('<id>', 'id or its beginning')
    .action(invoke<[string]>(cancelRun));
}

async function listRuns(
  context: CliContext,
  [typed]: [string | undefined],
  { limit }: { limit: number },
): Promise<void> {
  await context.withServer({}, async ({ api }) => {
    const all = await api.connections();
    const chosen = typed === undefined ? all : [findConnection(all, typed)];
    const rows = (await runsOf(api, chosen, limit)).slice(0, limit);
    context.answer(
      rows.map(({ run }) => run),
      () =>
        rows.length === 0
          ? ['No runs yet.']
          : renderTable(rows, columns(context), context.terminal),
    );
  });
}

async function runsOf(
  api: TributaryApi,
  connections: readonly ConnectionAnswer[],
  limit: number,
): Promise<NamedRun[]> {
  const rows: NamedRun[] = [];
  for (const connection of connections) {
    for (const run of await api.runs(connection.id, limit)) rows.push({ run, connection });
  }
  return rows.sort((a, b) => b.run.created_at.localeCompare(a.run.created_at));
}

function columns({ terminal, runtime }: CliContext): Column<NamedRun>[] {
  const now = runtime.clock.now();
  const count = (title: string, of: (run: RunAnswer) => number): Column<NamedRun> => ({
    title,
    align: 'right',
    value: ({ run }) => (of(run) === 0 ? '-' : formatCount(of(run))),
  });
  return [
    { title: 'ID', value: ({ run }) => shortId(run.id) },
    { title: 'CONNECTION', value: ({ connection }) => connection.name, flexible: true },
    {
      title: 'STATUS',
      value: ({ run }) => run.status,
      paint: ({ run }) => stateStyle(terminal.style, run.status),
    },
    { title: 'TRIGGER', value: ({ run }) => run.trigger },
    { title: 'ASKED', value: ({ run }) => formatAgo(run.created_at, now) },
    {
      title: 'TOOK',
      align: 'right',
      value: ({ run }) => (run.finished_at === null ? '-' : formatDuration(durationOf(run))),
    },
    count('LISTED', ({ counts }) => counts.listed),
    count('SYNCED', (run) => run.synced_count),
    count('DELETED', ({ counts }) => counts.deleted),
    count('FAILED', ({ counts }) => counts.failed),
    { title: 'ERROR', value: ({ run }) => run.error ?? '', flexible: true, min: 12 },
  ];
}

async function showRun(context: CliContext, [typed]: [string]): Promise<void> {
  await context.withServer({}, async ({ api }) => {
    const run = await api.run(await findRunId(api, typed));
    const connection = (await api.connections()).find(({ id }) => id === run.connection_id);
    const failures =
      run.counts.failed > 0 ? await api.failures(run.connection_id, FAILURES_SHOWN) : [];
    context.answer({ ...run, failures }, () =>
      runDetail(run, connection?.name ?? run.connection_id, failures, context),
    );
  });
}

async function explain(context: CliContext, [typed]: [string]): Promise<void> {
  await context.withServer({}, async ({ api }) => {
    const told = await api.explainRun(await findRunId(api, typed));
    context.answer(told, () => explainRun(told, context));
  });
}

async function watch(context: CliContext, [typed]: [string]): Promise<void> {
  await context.withServer({ workers: true }, async (server) => {
    const { api } = server;
    const run = await api.run(await findRunId(api, typed));
    const connection = (await api.connections()).find(({ id }) => id === run.connection_id);
    await watchRun(context, server, run, connection?.name ?? run.provider);
  });
}

async function cancelRun(context: CliContext, [typed]: [string]): Promise<void> {
  await context.withServer({}, async ({ api }) => {
    const answer = await api.cancelRun(await findRunId(api, typed));
    context.answer(answer, () => [
      answer.status === 'cancelled'
        ? `run ${answer.id} is cancelled`
        : `run ${answer.id} stops after its current page`,
    ]);
  });
}

/** The beginning of an id is looked up among the latest runs of every connection. */
async function findRunId(api: TributaryApi, typed: string): Promise<string> {
  if (UUID.test(typed)) return typed;
  const rows = await runsOf(api, await api.connections(), RUNS_SEARCHED);
  const found = findById(
    rows.map(({ run }) => run),
    typed,
  );
  if (found) return found.id;
  throw new CliError(
    'run_not_found',
    `there is no run "${typed}"`,
    EXIT.notFound,
    '"tributary runs" lists them.',
  );
}
