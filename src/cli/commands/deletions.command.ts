import type { Command } from 'commander';
import type { SettledAnswer } from '../../sync/deletions/held-deletions.schema.js';
import type { CliContext } from '../context.js';
import type { TributaryApi } from '../http/tributary-api.js';
import { formatCount, plural } from '../output/quantities.js';
import type { Invoke } from '../program.js';
import { findConnection, WHICH_CONNECTION } from './find-one.js';

type Act = 'confirm' | 'reject';

export function registerDeletions(program: Command, invoke: Invoke): void {
  const deletions = program
    .command('deletions')
    .description('confirm or reject deletions that are held because they are so many');
  deletions
    .command('confirm')
    .description('hide the documents that the source no longer has; they are purged after 7 days')
    .argument('<connection>', WHICH_CONNECTION)
    .action(invoke<[string]>((context, [typed]) => settle(context, typed, 'confirm')));
  deletions
    .command('reject')
    .description('keep the documents, until a run misses them again')
    .argument('<connection>', WHICH_CONNECTION)
    .action(invoke<[string]>((context, [typed]) => settle(context, typed, 'reject')));
}

async function settle(context: CliContext, typed: string, act: Act): Promise<void> {
  await context.withServer({}, async ({ api }) => {
    const { id, name } = findConnection(await api.connections(), typed);
    const settled = await ask(api, id, act);
    context.answer(settled, () => [`${name}: ${describe(settled, act)}`]);
  });
}

function ask(api: TributaryApi, id: string, act: Act): Promise<SettledAnswer> {
  return act === 'confirm' ? api.confirmDeletions(id) : api.rejectDeletions(id);
}

function describe({ deleted, lost_access: lost, kept }: SettledAnswer, act: Act): string {
  if (act === 'reject')
    return `${plural(kept, 'document')} kept; a run that still misses them holds them again`;
  const why = `${formatCount(deleted)} deleted, ${formatCount(lost)} out of reach`;
  return `${plural(deleted + lost, 'document')} hidden (${why}), purged after 7 days`;
}
