import type { Command } from 'commander';
import { readConfig } from '../../config/config.js';
import { usageError } from '../cli-error.js';
import type { CliContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import type { Invoke } from '../program.js';

export function registerMigrate(program: Command, invoke: Invoke): void {
  program
    .command('migrate')
    .summary("bring a server's database to this version")
    .description(
      'Run the pending migrations of the PostgreSQL in DATABASE_URL, once, whoever else tries ' +
        'meanwhile: the step before new processes start with TRIBUTARY_MIGRATE=never.',
    )
    .option('--check', 'change nothing; fail when migrations are pending')
    .option(
      '--move-vectors',
      'after QDRANT_URL was set or unset: give up the vectors of the other store',
    )
    .action(invoke<[], MigrateOptions>(migrate));
}

interface MigrateOptions {
  check?: boolean;
  moveVectors?: boolean;
}

async function migrate(
  context: CliContext,
  _args: [],
  { check = false, moveVectors = false }: MigrateOptions,
): Promise<void> {
  const config = readConfig(context.env);
  if (!config.databaseUrl)
    throw usageError(
      'there is no DATABASE_URL',
      'An embedded database is migrated by the start of its server.',
    );
  // Loaded here, since other commands start faster without a database.
  const { MigrationJob } = await import('../../database/migration-job.js');
  const job = new MigrationJob(config.databaseUrl, config);
  if (check) return showPending(context, await job.pending());
  const onWarning = (message: string): void =>
    context.note(context.terminal.noteStyle.warn(`warning: ${message}`));
  const applied = await job.run({ moveVectors, onWarning });
  context.answer({ applied }, () => [
    ...applied.map((name) => `applied  ${name}`),
    ...(moveVectors
      ? ['Start the server, then run "tributary doctor --repair": it makes the vectors again.']
      : applied.length === 0
        ? ['Nothing to do.']
        : []),
  ]);
}

function showPending(context: CliContext, pending: string[]): void {
  context.answer({ pending }, () =>
    pending.length === 0 ? ['Nothing is pending.'] : pending.map((name) => `pending  ${name}`),
  );
  if (pending.length > 0) context.exitCode = EXIT.failure;
}
