import type { Command } from 'commander';
import { productVersion } from '../../common/http/product-version.js';
import type { CliContext } from '../context.js';
import type { Invoke } from '../program.js';

export function registerVersion(program: Command, invoke: Invoke): void {
  program.command('version').description('show the version').action(invoke(version));
}

function version(context: CliContext): Promise<void> {
  const answer = {
    version: productVersion(),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
  };
  context.answer(answer, () => [
    `tributary ${answer.version} (Node ${answer.node}, ${answer.platform})`,
  ]);
  return Promise.resolve();
}
