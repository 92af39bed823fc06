import type { Command } from 'commander';
import { usageError } from '../cli-error.js';
import type { CliContext } from '../context.js';
import { fraction } from '../option-parsers.js';
import type { Invoke } from '../program.js';

interface AddOptions {
  collection: string;
  category?: string;
  importance?: number;
  tag?: string;
}

export function registerAdd(program: Command, invoke: Invoke): void {
  program
    .command('add')
    .description('add a memory')
    .argument('<text>', 'the text, or "-" to read it from standard input')
    .option('--collection <name>', 'collection to write to; made where there is none', 'default')
    .option('--category <category>', 'e.g. fact, preference (default: other)')
    .option('--importance <importance>', '0 to 1 (default: 0.7)', fraction)
    .option('--tag <tag>', 'container tag, e.g. an end user')
    .action(invoke<[string], AddOptions>(add));
}

async function add(
  context: CliContext,
  [typed]: [string],
  { collection, category, importance, tag }: AddOptions,
): Promise<void> {
  const text = typed === '-' ? await context.runtime.readStdin() : typed;
  if (text.trim() === '') throw usageError('there is no text to add');
  await context.withServer({ mayCreate: true }, async ({ api }) => {
    const memory = await api.add(collection, {
      text,
      source: 'cli',
      ...(category !== undefined && { category }),
      ...(importance !== undefined && { importance }),
      ...(tag !== undefined && { container_tag: tag }),
    });
    context.answer(memory, () => [`added ${memory.id} to ${memory.collection}`]);
  });
}
