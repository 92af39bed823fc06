import type { Command } from 'commander';
import type { Invoke } from '../program.js';
import type { MigrateToOptions } from '../transfer/migrate-to.js';

export function registerMigrateTo(program: Command, invoke: Invoke): void {
  program
    .command('migrate-to')
    .summary('move the embedded database to a PostgreSQL server')
    .description(
      'Copy everything in the data directory to an empty PostgreSQL database with pgvector: ' +
        'memories, connections, history, API keys and credentials, under the same ids. No server ' +
        'may run on either of them. The data directory keeps everything. A copy that was cut short ' +
        'goes on when the command is run again.',
    )
    .argument('[url]', 'postgres://user:password@host:port/database (default: DATABASE_URL)')
    .option('--restart', 'remove what an earlier try has copied, and begin anew')
    .action(
      invoke<[string | undefined], MigrateToOptions>(async (...given) => {
        // Loaded here, since other commands start faster without databases.
        const { migrateTo } = await import('../transfer/migrate-to.js');
        await migrateTo(...given);
      }),
    );
}
