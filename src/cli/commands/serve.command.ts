import type { Command } from 'commander';
import type { CliContext } from '../context.js';
import { wholeNumber } from '../option-parsers.js';
import type { Invoke } from '../program.js';

interface ServeOptions {
  port?: number;
  host?: string;
}

export function registerServe(program: Command, invoke: Invoke): void {
  program
    .command('serve')
    .summary('run the server')
    .description(
      'Run the server until it is stopped, as "npm start" does: with the settings of the ' +
        'environment, its log as JSON lines on stdout.',
    )
    .option('--port <port>', 'port to listen on (PORT)', wholeNumber(0, 65_535))
    .option('--host <host>', 'address to listen on (HOST)')
    .action(invoke<[], ServeOptions>(serve));
}

async function serve(context: CliContext, _args: [], options: ServeOptions): Promise<void> {
  const { port, host } = options;
  const { env } = context.runtime;
  const { dataDir } = context.options;
  if (port !== undefined) env['PORT'] = `${port}`;
  if (host !== undefined) env['HOST'] = host;
  if (dataDir !== undefined) env['TRIBUTARY_DATA_DIR'] = dataDir;
  // Loaded here, since other commands start faster without all of this.
  const { runServer } = await import('../../run-server.js');
  await runServer(env);
}
