import type { Command } from 'commander';
import { usageError } from '../cli-error.js';
import { wholeNumber } from '../option-parsers.js';
import type { Invoke } from '../program.js';
import { runDemo, type DemoOptions } from './demo.js';

export function registerDemo(program: Command, invoke: Invoke): void {
  program
    .command('demo')
    .summary('show it at work: sync a folder, search it, serve it')
    .description(
      'Start an embedded server in a data directory of its own (.tributary/demo unless --data-dir ' +
        'is given), sync a folder, search it and stay up until Ctrl-C. Without a path it shows the ' +
        'documentation of this project and a simulated Slack workspace.',
    )
    .argument('[path]', 'folder to sync (default: the documentation of this project)')
    .option('--exit', 'end after the searches')
    .option('--no-slack', 'without the simulated Slack workspace beside the documentation')
    .option(
      '--port <port>',
      'port to listen on (default: 4700 or a free one)',
      wholeNumber(0, 65_535),
    )
    .action(
      invoke<[string | undefined], DemoOptions>((context, [path], options) => {
        if (context.options.url !== undefined) throw usageError('the demo has its own server');
        return runDemo(context, path, options);
      }),
    );
}
