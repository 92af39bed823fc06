import type { Command } from 'commander';
import type { JobAnswer } from '../../jobs/jobs.schema.js';
import type { ReindexStarted } from '../../reindex/reindex.schema.js';
import { CliError, usageError } from '../cli-error.js';
import type { CliContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import type { Invoke } from '../program.js';
import type { ServerLink } from '../server/reach-server.js';
import { followReindex } from './follow-reindex.js';
import { rebuildIndex } from './rebuild-index.js';

interface ReindexOptions {
  collection?: string;
  model?: string;
  all?: boolean;
  wait: boolean;
  operatorKey?: string;
}

export function registerReindex(program: Command, invoke: Invoke): void {
  program
    .command('reindex')
    .summary('embed a collection again, with its model or another one; or rebuild the index')
    .description(
      'Embed all memories of a collection again while searches and writes go on: with its own ' +
        'model in place, with --model beside the old vectors until none is missing. Without ' +
        '--collection and --all the whole index is built anew from the rows, which embeds nothing ' +
        'and is for operators.',
    )
    .option('--collection <name>', 'the collection')
    .option('--all', 'every collection of the tenant')
    .option('--model <model>', 'the model that it is to have, e.g. text-embedding-3-small')
    .option('--no-wait', 'start only')
    .option('--operator-key <key>', 'for the whole index of a server (TRIBUTARY_OPERATOR_KEY)')
    .action(invoke<[], ReindexOptions>(reindex));
}

async function reindex(context: CliContext, _: [], options: ReindexOptions): Promise<void> {
  const { collection, all, model, wait } = options;
  if (collection !== undefined && all)
    throw usageError('--collection and --all exclude each other');
  if (collection === undefined && !all) {
    if (model !== undefined) throw usageError('--model needs --collection or --all');
    return rebuildIndex(context, options);
  }
  await context.withServer({ workers: wait }, async (server) => {
    const names = collection === undefined ? await namesOf(server) : [collection];
    const jobs: { name: string; started: ReindexStarted }[] = [];
    for (const name of names) {
      const started = (await server.api.reindex(name, { model })) as ReindexStarted;
      if (started.coalesced) context.note(`joined the running reindex of ${name}`);
      jobs.push({ name, started });
    }
    if (!wait) {
      context.answer(
        jobs.map(({ started }) => started),
        () => jobs.map(({ name, started }) => `${name}: reindex asked for, job ${started.job_id}`),
      );
      return;
    }
    const ended: JobAnswer[] = [];
    for (const { name, started } of jobs)
      ended.push(await followReindex(context, server, name, started.job_id));
    if (ended.some(({ status }) => status !== 'success')) context.exitCode = EXIT.failure;
    context.answer(ended, () => []);
  });
}

async function namesOf({ api }: ServerLink): Promise<string[]> {
  const collections = await api.collections();
  if (collections.length > 0) return collections.map(({ name }) => name);
  throw new CliError('collection_not_found', 'there is no collection yet', EXIT.notFound);
}
