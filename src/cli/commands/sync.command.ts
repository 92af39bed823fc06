import type { Command } from 'commander';
import type { ConnectionAnswer, SyncAnswer } from '../../connections/connections.schema.js';
import { ApiError, CliError, usageError } from '../cli-error.js';
import type { CliContext } from '../context.js';
import { EXIT, exitCodeOfRuns } from '../exit-codes.js';
import { plural } from '../output/quantities.js';
import type { Invoke } from '../program.js';
import type { ServerLink } from '../server/reach-server.js';
import { findConnection, shortId, WHICH_CONNECTION } from './find-one.js';
import { durationOf, followRuns } from './follow-runs.js';
import { noteHeld } from './hints.js';

export interface SyncOptions {
  full?: boolean;
  partition?: string;
  wait: boolean;
}

export function registerSync(program: Command, invoke: Invoke): void {
  program
    .command('sync')
    .summary('sync a connection, or all active ones, and show the progress')
    .description(
      'Sync a connection now, or all active ones, and show the progress until the end. ' +
        'A sync that is under way already is joined.',
    )
    .argument('[connection]', WHICH_CONNECTION)
    .option('--full', 'read every document again, changed or not')
    .option('--partition <key>', 'only this partition, e.g. a top folder or a channel')
    .option('--no-wait', 'ask for the sync and do not wait for its end')
    .action(invoke<[string | undefined], SyncOptions>(sync));
}

async function sync(
  context: CliContext,
  [typed]: [string | undefined],
  options: SyncOptions,
): Promise<void> {
  await context.withServer({ workers: options.wait }, async (server) => {
    const all = await server.api.connections();
    const chosen = typed === undefined ? activeOf(all) : [findConnection(all, typed)];
    if (options.partition !== undefined && chosen.length > 1) {
      throw usageError('--partition needs the name of a connection');
    }
    if (options.wait) return syncAndFollow(context, server, chosen, options);
    const asked = await askFor(server, chosen, options);
    context.answer(
      asked.map(({ answer }) => answer),
      () => asked.map(({ connection, answer }) => describeAsked(connection, answer)),
    );
    if (server.origin === 'opened') {
      context.note('No server is running: the sync begins with "tributary serve" or "sync".');
    }
  });
}

/** Syncs connections and shows how; sets the exit code by how the runs ended. */
export async function syncAndFollow(
  context: CliContext,
  server: ServerLink,
  connections: readonly ConnectionAnswer[],
  options: Pick<SyncOptions, 'full' | 'partition'> = {},
): Promise<void> {
  const asked = await askFor(server, connections, options);
  for (const { connection, answer } of asked) {
    if (answer.coalesced) context.note(`joined the running sync of ${connection.name}`);
  }
  const followed = asked.map(({ connection, answer }) => ({
    id: answer.run_id,
    name: connection.name,
  }));
  const runs = await followRuns(context, server, followed).catch((error: unknown) => {
    if (error instanceof CliError && error.exitCode === EXIT.interrupted) {
      const where = server.origin === 'opened' ? 'where it stopped next time' : 'in the server';
      context.note(`Interrupted. The sync goes on ${where}; "tributary runs" shows it.`);
    }
    throw error;
  });
  context.exitCode = exitCodeOfRuns(runs.map(({ status }) => status));
  context.answer(runs, () => []);
  for (const run of runs) {
    if (run.counts.failed > 0) {
      const items = plural(run.counts.failed, 'item');
      context.note(`${items} failed: "tributary runs show ${shortId(run.id)}" names them.`);
    } else if (run.status === 'partial') {
      context.note(`Not everything was read: "tributary runs show ${shortId(run.id)}" says why.`);
    }
    noteHeld(context, run);
  }
  if (runs.length > 1) {
    const synced = runs.reduce((sum, run) => sum + run.synced_count, 0);
    const longest = Math.max(...runs.map(durationOf));
    context.note(
      `${plural(synced, 'document')} from ${plural(runs.length, 'connection')}, ` +
        `the longest took ${(longest / 1000).toFixed(1)} s`,
    );
  }
}

async function askFor(
  server: ServerLink,
  connections: readonly ConnectionAnswer[],
  { full, partition }: Pick<SyncOptions, 'full' | 'partition'>,
): Promise<{ connection: ConnectionAnswer; answer: SyncAnswer }[]> {
  const asked: { connection: ConnectionAnswer; answer: SyncAnswer }[] = [];
  for (const connection of connections) {
    try {
      const answer = await server.api.sync(connection.id, { full, partition });
      asked.push({ connection, answer });
    } catch (error) {
      throw whyNot(connection, error);
    }
  }
  return asked;
}

/** Says how a paused connection goes on. */
function whyNot({ id }: ConnectionAnswer, error: unknown): unknown {
  if (!(error instanceof ApiError) || error.code !== 'connection_paused') return error;
  const hint = `"tributary connections resume ${shortId(id)}" takes it up again.`;
  return new CliError(error.code, error.message, EXIT.conflict, hint);
}

function activeOf(connections: readonly ConnectionAnswer[]): ConnectionAnswer[] {
  const active = connections.filter(({ status }) => status === 'active' || status === 'error');
  if (active.length > 0) return active;
  const [first] = connections;
  if (!first) {
    const hint = 'Begin with "tributary connect files PATH".';
    throw new CliError('connection_not_found', 'there is no connection yet', EXIT.notFound, hint);
  }
  const idle = connections.map(({ name, status }) => `${name} (${status})`).join(', ');
  const paused = connections.find(({ status }) => status === 'paused');
  const hint = paused
    ? `Take one up again with "tributary connections resume ${paused.name}".`
    : `Give it new credentials with "tributary connections credentials ${first.name}".`;
  throw new CliError(
    'connection_not_found',
    `no connection is active: ${idle}`,
    EXIT.notFound,
    hint,
  );
}

function describeAsked(connection: ConnectionAnswer, answer: SyncAnswer): string {
  const how = answer.coalesced ? 'is under way already' : 'was asked for';
  return `${connection.name}: sync ${how}, run ${answer.run_id}`;
}
