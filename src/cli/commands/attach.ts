import type { Command } from 'commander';
import { ApiError, CliError } from '../cli-error.js';
import type { CliContext } from '../context.js';
import { exitCodeOfStatus } from '../exit-codes.js';
import type { NewConnection, TributaryApi } from '../http/tributary-api.js';
import { renderFields } from '../output/table.js';
import { describeSchedule } from './describe-connection.js';
import { credentialsHint } from './hints.js';
import { addScheduleOptions, scheduleFrom, type ScheduleOptions } from './schedule-options.js';
import { syncAndFollow } from './sync.command.js';

export interface AttachOptions extends ScheduleOptions {
  name?: string;
  collection: string;
  sync: boolean;
}

/** The options that attaching has for every kind of source. */
export function addAttachOptions(command: Command, defaultName: string): Command {
  return addScheduleOptions(command)
    .option('--name <name>', `name of the connection (default: ${defaultName})`)
    .option('--collection <name>', 'collection to write to', 'default')
    .option('--no-sync', 'attach only');
}

/** Makes a connection and, unless told otherwise, follows its first sync. */
export async function attach(
  context: CliContext,
  source: Pick<NewConnection, 'provider' | 'config' | 'credentials'>,
  options: AttachOptions,
  shown: readonly [string, string][],
): Promise<void> {
  const { name, collection, sync } = options;
  const schedule = scheduleFrom(options);
  await context.withServer({ workers: sync, mayCreate: true }, async (server) => {
    const connection = await server.api
      .createConnection({
        ...source,
        name,
        collection,
        ...(schedule !== undefined && { schedule }),
      })
      .catch(async (error: unknown) => {
        throw source.credentials ? await withHint(error, server.api, source, collection) : error;
      });
    const fields: [string, string][] = [
      ['connection', `${connection.name} (${connection.id})`],
      ...shown,
      ['collection', connection.collection],
      ['schedule', describeSchedule(connection.schedule)],
    ];
    for (const { name: check, outcome, message } of connection.checks)
      if (outcome === 'indeterminate') context.note(`${check}: ${message}`);
    if (!sync) {
      context.answer(connection, () => renderFields(fields, context.terminal.style));
      return;
    }
    for (const line of renderFields(fields, context.terminal.noteStyle)) context.note(line);
    await syncAndFollow(context, server, [connection]);
  });
}

/** Who attaches an account again may want to give its connection another token. */
async function withHint(
  error: unknown,
  api: TributaryApi,
  { provider }: Pick<NewConnection, 'provider'>,
  collection: string,
): Promise<unknown> {
  if (!(error instanceof ApiError) || error.code !== 'connection_exists') return error;
  const { code, message, status } = error;
  const there = (await api.connections()).filter(
    (one) => one.provider === provider && one.collection === collection,
  );
  const hint =
    there.length === 1
      ? credentialsHint(there[0]!.id)
      : '"tributary connections credentials CONNECTION" gives a connection a new token';
  return new CliError(code, message, exitCodeOfStatus(status, code), `${hint}.`);
}
