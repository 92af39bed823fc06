import { Command } from 'commander';
import { productVersion } from '../common/http/product-version.js';
import { registerAdd } from './commands/add.command.js';
import { registerAdmin } from './commands/admin.command.js';
import { registerBackup } from './commands/backup.command.js';
import { registerConnect } from './commands/connect.command.js';
import { registerConnections } from './commands/connections.command.js';
import { registerDeletions } from './commands/deletions.command.js';
import { registerDocuments } from './commands/documents.command.js';
import { registerKeys } from './commands/keys.command.js';
import { registerMigrate } from './commands/migrate.command.js';
import { registerMigrateTo } from './commands/migrate-to.command.js';
import { registerReindex } from './commands/reindex.command.js';
import { registerRestore } from './commands/restore.command.js';
import { registerRuns } from './commands/runs.command.js';
import { registerSearch } from './commands/search.command.js';
import { registerServe } from './commands/serve.command.js';
import { registerSync } from './commands/sync.command.js';
import { registerVersion } from './commands/version.command.js';
import { CliContext, type GlobalOptions, type Runtime } from './context.js';
import { registerDemo } from './demo/demo.command.js';
import { registerDoctor } from './doctor/doctor.command.js';
import { EXIT_MEANINGS, type ExitCode } from './exit-codes.js';

/** The work of a command: its arguments in order, then its own options. */
export type Handler<Args extends unknown[], Options> = (
  context: CliContext,
  args: Args,
  options: Options,
) => Promise<void>;

/** Turns a handler into what commander calls. */
export type Invoke = <Args extends unknown[] = [], Options = object>(
  handler: Handler<Args, Options>,
) => (...given: unknown[]) => Promise<void>;

/**
 * The command line as commander describes it.
 * @param exitWith hears of the exit code that a command chose
 */
export function createProgram(runtime: Runtime, exitWith: (code: ExitCode) => void): Command {
  const { terminal } = runtime;
  const program = new Command('tributary')
    .description('Everything a team writes flows into one searchable memory.')
    .version(productVersion(), '-V, --version', 'show the version')
    .option('--json', 'answer with one JSON document on stdout')
    .option('--url <url>', 'server to talk to (TRIBUTARY_URL)')
    .option('--api-key <key>', 'API key for it (TRIBUTARY_API_KEY)')
    .option('--data-dir <dir>', 'data directory of embedded mode (TRIBUTARY_DATA_DIR)')
    .showSuggestionAfterError()
    .helpCommand('help [command]', 'show the help of a command')
    .configureHelp({ showGlobalOptions: true, helpWidth: helpWidth(terminal.width) })
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
      outputError: (text, write) => write(usageLine(text)),
    })
    .exitOverride()
    .addHelpText('beforeAll', ({ error, command }) => (error ? noCommand(command) : ''))
    .addHelpText('after', () => exitCodeHelp());

  const invoke: Invoke =
    <Args extends unknown[], Options>(handler: Handler<Args, Options>) =>
    async (...given: unknown[]) => {
      // Commander calls with the arguments, then the options, then the command.
      const command = given.at(-1) as Command;
      const context = new CliContext(runtime, command.optsWithGlobals<GlobalOptions>());
      await handler(context, given.slice(0, -2) as Args, command.opts() as Options);
      exitWith(context.exitCode);
    };
  const all = [
    registerServe,
    registerDemo,
    registerConnect,
    registerSync,
    registerRuns,
    registerConnections,
    registerDeletions,
    registerDocuments,
    registerSearch,
    registerAdd,
    registerReindex,
    registerKeys,
    registerAdmin,
    registerBackup,
    registerRestore,
    registerMigrate,
    registerMigrateTo,
    registerDoctor,
    registerVersion,
  ];
  for (const register of all) register(program, invoke);
  return program;
}

/** Why help is shown as an error: commander itself only shows it. */
function noCommand({ args, parent }: Command): string {
  const [first, asked] = args;
  if (first === 'help') return usageLine(`error: unknown command '${asked}'`);
  const where = parent === null ? '' : ` of '${parent.args[0]}'`;
  return usageLine(`error: a command${where} is missing`);
}

/** Commander's `error: unknown option '--x'`, with the code that every error line has. */
function usageLine(text: string): string {
  const [first = '', ...rest] = text.trimEnd().split('\n');
  return [`${first.replace(/\.$/, '')} (usage_error)`, ...rest].join('\n');
}

function helpWidth(width: number): number {
  return Number.isFinite(width) ? width : 100;
}

function exitCodeHelp(): string {
  const codes = EXIT_MEANINGS.map(([code, meaning]) => `  ${`${code}`.padStart(3)}  ${meaning}`);
  return `\nExit codes:\n${codes.join('\n')}`;
}
