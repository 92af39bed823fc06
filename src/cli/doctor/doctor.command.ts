import type { Command } from 'commander';
import type { Invoke } from '../program.js';
import type { DoctorOptions } from './doctor.js';

export function registerDoctor(program: Command, invoke: Invoke): void {
  program
    .command('doctor')
    .summary('check configuration, storage, model and connections')
    .description(
      'Check everything that Tributary needs: configuration, Node, data directory, disk, database, ' +
        'embedding model, server, each connection, and whether rows and index agree. With --url ' +
        'only what that server tells.',
    )
    .option('--repair', 'make again what the index lacks, and remove what it has too much')
    .option('--operator-key <key>', 'for the index of a server (TRIBUTARY_OPERATOR_KEY)')
    .action(
      invoke<[], DoctorOptions>(async (...given) => {
        // Loaded here, since other commands start faster without databases and models.
        const { doctor } = await import('./doctor.js');
        await doctor(...given);
      }),
    );
}
