import { realpath, stat } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { projectRoot } from '../../common/compiled.js';
import type { ConnectionAnswer } from '../../connections/connections.schema.js';
import type { RunAnswer } from '../../runs/runs.schema.js';
import { interrupted, usageError } from '../cli-error.js';
import { followRuns, type FollowedRun } from '../commands/follow-runs.js';
import type { CliContext } from '../context.js';
import { exitCodeOfRun, EXIT } from '../exit-codes.js';
import type { MemoryAnswer } from '../../memories/memories.schema.js';
import type { TributaryApi } from '../http/tributary-api.js';
import { formatDuration, plural } from '../output/quantities.js';
import { oneLine } from '../output/text-width.js';
import { chooseQueries, DOCS_QUESTIONS } from './demo-queries.js';
import { invitationLines, searchLines, type DemoSearch } from './demo-output.js';
import { startDemoServer, type DemoServer } from './demo-server.js';
import { SLACK_QUESTION, startDemoSlack, type DemoSlack } from './demo-slack.js';

const HITS = 2;
const MEMORIES_READ = 200;
const MOST_MEMORIES = 1_000;
const MOST_LETTERS = 100;

export interface DemoOptions {
  exit?: boolean;
  port?: number;
  /** False: without the simulated Slack workspace. */
  slack: boolean;
}

interface Synced {
  connection: ConnectionAnswer;
  run: RunAnswer;
}

/** Server, sync, three searches, then an invitation to go on; stays up unless told otherwise. */
export async function runDemo(
  context: CliContext,
  typed: string | undefined,
  options: DemoOptions,
): Promise<void> {
  const folder = await folderOf(typed);
  // Whoever shows their own folder wants to find nothing else in it.
  const slack = typed === undefined && options.slack ? await startDemoSlack() : null;
  try {
    await demonstrate(context, folder, slack, { ...options, isOwnFolder: typed !== undefined });
  } finally {
    await slack?.close();
  }
}

async function demonstrate(
  context: CliContext,
  folder: string,
  slack: DemoSlack | null,
  { port, exit, isOwnFolder }: DemoOptions & { isOwnFolder: boolean },
): Promise<void> {
  const { signal } = context.runtime;
  const server = await startDemoServer(context, folder, { port, slackApiUrl: slack?.apiUrl });
  try {
    if (signal.aborted) throw interrupted();
    const synced = await syncSources(context, server, folder, slack);
    const { collection } = synced[0]!.connection;
    const questions = isOwnFolder
      ? chooseQueries(await readMemories(server.api, collection))
      : [...DOCS_QUESTIONS, ...(slack ? [SLACK_QUESTION] : [])];
    const searches = await searchAll(server.api, collection, questions);
    show(context, server, folder, synced, searches);
    const isFailed = ({ run }: Synced): boolean => exitCodeOfRun(run.status) === EXIT.runFailed;
    if (synced.some(isFailed)) context.exitCode = EXIT.runFailed;
    if (exit) return;
    context.note(context.terminal.noteStyle.dim('\nThe server stays up. Press Ctrl-C to stop it.'));
    await aborted(signal);
    context.note('stopping ...');
  } finally {
    await server.close();
  }
}

async function folderOf(typed: string | undefined): Promise<string> {
  const folder = typed === undefined ? join(projectRoot, 'docs') : resolve(typed);
  const found = await stat(folder).catch(() => null);
  if (!found) throw usageError(`there is no folder ${folder}`);
  if (!found.isDirectory()) throw usageError(`${folder} is not a folder`);
  return realpath(folder);
}

/** Attaches what is not attached yet and follows one sync of each; the folder is the first. */
async function syncSources(
  context: CliContext,
  server: DemoServer,
  folder: string,
  slack: DemoSlack | null,
): Promise<Synced[]> {
  const { api } = server;
  context.note(serverLine(context, server));
  const connections = await api.connections();
  const files = await attachFolder(api, folder, connections);
  const attached = [{ connection: files, name: shownPath(folder) }];
  if (slack) {
    const connection = await attachSlack(api, slack, files.collection, connections);
    attached.push({ connection, name: 'slack' });
  }
  const followed: FollowedRun[] = [];
  for (const { connection, name } of attached)
    followed.push({ id: (await api.sync(connection.id, {})).run_id, name });
  const link = { api, origin: 'opened', close: server.close, reconnect: unneeded } as const;
  const runs = await followRuns(context, link, followed);
  return attached.map(({ connection }, i) => ({ connection, run: runs[i]! }));
}

function shownPath(folder: string): string {
  const shown = relative(process.cwd(), folder);
  return shown === '' || shown.startsWith('..') ? folder : shown;
}

async function attachFolder(
  api: TributaryApi,
  folder: string,
  connections: readonly ConnectionAnswer[],
): Promise<ConnectionAnswer> {
  return (
    connections.find(({ config }) => config['path'] === folder) ??
    (await api.createConnection({
      provider: 'files',
      name: basename(folder) || folder,
      collection: freeCollection(folder, connections),
      config: { path: folder },
      schedule: null,
    }))
  );
}

async function attachSlack(
  api: TributaryApi,
  slack: DemoSlack,
  collection: string,
  connections: readonly ConnectionAnswer[],
): Promise<ConnectionAnswer> {
  return (
    connections.find(({ provider }) => provider === 'slack') ??
    (await api.createConnection({
      provider: 'slack',
      collection,
      config: {},
      credentials: { bot_token: slack.token.reveal() },
      schedule: null,
    }))
  );
}

/** The server is in this process; where it is gone, so is the demo. */
function unneeded(): Promise<never> {
  return Promise.reject(interrupted());
}

function serverLine({ terminal }: CliContext, server: DemoServer): string {
  const style = terminal.noteStyle;
  const other = server.portTaken ? `, as port ${server.portTaken} is taken` : '';
  const ready = `ready in ${formatDuration(server.startedMs)}`;
  return `${style.good('✓')} server at ${style.bold(server.api.url)} ${ready}${other}`;
}

/** A collection per folder, so that demos with different folders do not mix. */
export function freeCollection(
  folder: string,
  connections: readonly Pick<ConnectionAnswer, 'collection'>[],
): string {
  const letters = basename(folder)
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{N}._@+-]+/gu, '-')
    .replace(/^[.-]+|[.-]+$/g, '')
    .slice(0, MOST_LETTERS);
  const name = letters === '' ? 'demo' : letters;
  const taken = new Set(connections.map(({ collection }) => collection));
  let free = name;
  for (let n = 2; taken.has(free); n++) free = `${name}-${n}`;
  return free;
}

async function readMemories(api: TributaryApi, collection: string): Promise<MemoryAnswer[]> {
  const read: MemoryAnswer[] = [];
  for (;;) {
    const page = await api.memories(collection, MEMORIES_READ, read.length);
    read.push(...page);
    if (page.length < MEMORIES_READ || read.length >= MOST_MEMORIES) return read;
  }
}

async function searchAll(
  api: TributaryApi,
  collection: string,
  queries: readonly string[],
): Promise<DemoSearch[]> {
  const searches: DemoSearch[] = [];
  for (const query of queries) {
    const started = performance.now();
    const hits = await api.search(collection, { query, limit: HITS });
    searches.push({ query: oneLine(query), hits, ms: performance.now() - started });
  }
  return searches;
}

function show(
  context: CliContext,
  server: DemoServer,
  folder: string,
  synced: readonly Synced[],
  searches: readonly DemoSearch[],
): void {
  const { terminal } = context;
  const { api, apiKey, dataDir, logFile } = server;
  const { connection, run } = synced[0]!;
  const answer = {
    url: api.url,
    api_key: apiKey.reveal(),
    data_dir: dataDir,
    log: logFile,
    folder,
    connection,
    run,
    connections: synced.map((one) => one.connection),
    runs: synced.map((one) => one.run),
    searches,
  };
  context.answer(answer, () => [
    ...searches.flatMap((search) => ['', ...searchLines(search, terminal)]),
    ...(searches.length === 0 ? ['', 'The folder holds nothing that could be searched.'] : []),
    '',
    ...invitationLines(answer, terminal.style),
  ]);
  for (const { id, counts } of answer.runs) {
    if (counts.failed === 0) continue;
    const how = `tributary runs show ${id.slice(0, 8)} --data-dir ${dataDir}`;
    context.note(`\n${plural(counts.failed, 'document')} could not be read: ${how}`);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
