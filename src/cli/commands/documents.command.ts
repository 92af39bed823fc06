import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import type { DocumentExplanation } from '../../documents/document-explain.schema.js';
import type { DocumentAnswer } from '../../documents/documents.schema.js';
import { usageError } from '../cli-error.js';
import type { CliContext } from '../context.js';
import type { TributaryApi } from '../http/tributary-api.js';
import { wholeNumber } from '../option-parsers.js';
import { formatAgo } from '../output/quantities.js';
import { stateStyle } from '../output/style.js';
import { clip, renderFields, renderTable } from '../output/table.js';
import type { Invoke } from '../program.js';
import { findConnection, shortId, WHICH_CONNECTION } from './find-one.js';
import { settleHint } from './hints.js';

interface ListOptions {
  connection?: string;
  state?: string;
  query?: string;
  limit: number;
}

interface ExplainOptions {
  connection?: string;
  ask?: boolean;
}

export function registerDocuments(program: Command, invoke: Invoke): void {
  const documents = program
    .command('documents')
    .description('list synced documents, delete, restore and explain them');
  // A command of its own, since commander would take --connection of "explain" for this one's.
  documents
    .command('list', { isDefault: true })
    .description('list synced documents, newest first')
    .option('--connection <name>', WHICH_CONNECTION)
    .option('--state <state>', 'pending, live, suspect, lost_access or deleted')
    .option('--query <text>', 'part of the title, of the address or of the id at the source')
    .option('--limit <n>', 'at most so many', wholeNumber(1, 200), 50)
    .action(invoke<[], ListOptions>(list));
  documents
    .command('explain')
    .description('say why a document is, or is not, in the index')
    .argument('<what>', 'its address, or its id at the source')
    .option('--connection <name>', WHICH_CONNECTION)
    .option('--ask', 'also ask the source, by the id there and with --connection')
    .action(invoke<[string], ExplainOptions>(explain));
  documents
    .command('delete')
    .description('take a document out of the index; syncs leave it out from then on')
    .argument('<id>', 'id of the document')
    .option('--purge', 'remove what is stored of it now; no restore then')
    .action(invoke<[string], { purge?: boolean }>(remove));
  documents
    .command('restore')
    .description('show a deleted document again, within 7 days')
    .argument('<id>', 'id of the document')
    .action(invoke<[string]>(restore));
}

async function list(context: CliContext, _: [], options: ListOptions): Promise<void> {
  await context.withServer({}, async ({ api }) => {
    const { limit, state, query: q } = options;
    const connection = await connectionId(api, options.connection);
    const rows = await api.documents({ limit, state, q, connection });
    context.answer(rows, () => (rows.length === 0 ? ['No documents.'] : table(rows, context)));
  });
}

function table(rows: readonly DocumentAnswer[], { terminal, runtime }: CliContext): string[] {
  const now = runtime.clock.now();
  return renderTable(
    rows,
    [
      { title: 'ID', value: ({ id }) => id },
      { title: 'TITLE', value: ({ title }) => title, flexible: true, min: 10 },
      {
        title: 'SOURCE ID',
        value: ({ external_id: id }) => id,
        flexible: true,
        min: 10,
      },
      { title: 'PARTITION', value: ({ partition }) => partition, flexible: true },
      {
        title: 'STATE',
        value: ({ state, suppressed }) => (suppressed ? 'removed' : state),
        paint: ({ state }) => stateStyle(terminal.style, state),
      },
      { title: 'SYNCED', value: ({ synced_at: at }) => formatAgo(at, now) },
    ],
    terminal,
  );
}

async function explain(
  context: CliContext,
  [what]: [string],
  options: ExplainOptions,
): Promise<void> {
  if (options.ask && 'url' in named(what))
    throw usageError('--ask needs the id at the source, e.g. team/notes.md, and --connection');
  await context.withServer({}, async ({ api }) => {
    const told = await api.explainDocument({
      ...named(what),
      connection: await connectionId(api, options.connection),
      ask: options.ask,
    });
    context.answer(told, () => explanation(told, context));
  });
}

/** By its address, e.g. the path that search prints, or else by its id at the source. */
function named(what: string): { url: string } | { external_id: string } {
  if (isAbsolute(what)) return { url: pathToFileURL(what).href };
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(what) ? { url: what } : { external_id: what };
}

function explanation(told: DocumentExplanation, { terminal }: CliContext): string[] {
  const { style } = terminal;
  const { document, partition, failure } = told;
  const action =
    told.verdict === 'held' && told.connection ? `${settleHint(told.connection.id)}.` : told.action;
  return [
    `${style.bold(told.verdict)}: ${clip(told.summary)}`,
    ...(action === null ? [] : [style.dim(clip(action))]),
    ...renderFields(
      [
        ['document', document && `${document.title} (${document.id})`],
        ['connection', told.connection && `${told.connection.name} (${told.connection.status})`],
        ['partition', partition && (partition.title || partition.key)],
        ['failure', failure && `${failure.code}: ${failure.message}`],
        ['last run', told.last_run && `${told.last_run.status} (${shortId(told.last_run.id)})`],
      ],
      style,
    ),
  ];
}

async function remove(
  context: CliContext,
  [id]: [string],
  { purge = false }: { purge?: boolean },
): Promise<void> {
  await context.withServer({}, async ({ api }) => {
    const deleted = await api.deleteDocument(id, purge);
    context.answer(deleted, () => [
      deleted.purge_at === null
        ? `document ${id} is removed for good`
        : `document ${id} is deleted; "documents restore" brings it back until ${deleted.purge_at}`,
    ]);
  });
}

async function restore(context: CliContext, [id]: [string]): Promise<void> {
  await context.withServer({}, async ({ api }) => {
    const document = await api.restoreDocument(id);
    context.answer(document, () => [`${document.title} is back in the index`]);
  });
}

async function connectionId(
  api: TributaryApi,
  typed: string | undefined,
): Promise<string | undefined> {
  return typed === undefined ? undefined : findConnection(await api.connections(), typed).id;
}
