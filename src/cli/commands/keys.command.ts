import { Option, type Command } from 'commander';
import type { ApiKeyAnswer, CreateApiKeyBody } from '../../auth/api-keys.schema.js';
import { CliError } from '../cli-error.js';
import type { CliContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { collect, wholeNumber } from '../option-parsers.js';
import { formatAgo } from '../output/quantities.js';
import { renderFields, renderTable, type Column } from '../output/table.js';
import type { Invoke } from '../program.js';
import { registerEncryptionKeys } from './encryption-keys.command.js';
import { findById, shortId } from './find-one.js';

const MOST_DAYS = 3650;

interface CreateOptions {
  scope?: CreateApiKeyBody['scopes'];
  collection?: string;
  expiresInDays?: number;
}

export function registerKeys(program: Command, invoke: Invoke): void {
  const keys = program
    .command('keys')
    .description('create, list and revoke API keys; rotate the keys that encrypt credentials')
    .action(invoke(list));
  keys.command('list').description('list the API keys, newest first').action(invoke(list));
  keys
    .command('create')
    .description('create an API key; it is shown this once')
    .argument('<name>', 'what the key is for')
    .addOption(
      new Option(
        '--scope <scope>',
        'memory:read, memory:write or admin (repeatable; default: read and write)',
      ).argParser(collect),
    )
    .option('--collection <name>', 'the only collection that the key may touch')
    .option('--expires-in-days <n>', 'until it expires', wholeNumber(1, MOST_DAYS))
    .action(invoke<[string], CreateOptions>(create));
  keys
    .command('revoke')
    .description('revoke an API key')
    .argument('<id>', 'id, its beginning, or the first characters of the key')
    .action(invoke<[string]>(revoke));
  registerEncryptionKeys(keys, invoke);
}

async function list(context: CliContext): Promise<void> {
  await context.withServer({}, async ({ api }) => {
    const keys = await api.keys();
    context.answer(keys, () => renderTable(keys, columns(context), context.terminal));
  });
}

function columns({ runtime, terminal }: CliContext): Column<ApiKeyAnswer>[] {
  const now = runtime.clock.now();
  const ago = (time: string | null): string => (time === null ? '-' : formatAgo(time, now));
  return [
    { title: 'ID', value: ({ id }) => shortId(id) },
    { title: 'NAME', value: ({ name }) => name, flexible: true },
    { title: 'KEY', value: ({ prefix }) => `${prefix}…` },
    { title: 'SCOPES', value: ({ scopes }) => scopes.join(' ') },
    { title: 'COLLECTION', value: ({ collection }) => collection ?? '', flexible: true },
    { title: 'MADE', value: ({ created_at: at }) => ago(at) },
    { title: 'USED', value: ({ last_used_at: at }) => ago(at) },
    {
      title: 'ENDS',
      value: (key) => (key.revoked_at === null ? ago(key.expires_at) : 'revoked'),
      paint: (key) => (key.revoked_at === null ? (text) => text : terminal.style.warn),
    },
  ];
}

async function create(
  context: CliContext,
  [name]: [string],
  { scope, collection, expiresInDays }: CreateOptions,
): Promise<void> {
  await context.withServer({ mayCreate: true }, async ({ api }) => {
    const key = await api.createKey({
      name,
      ...(scope && { scopes: scope }),
      ...(collection !== undefined && { collection }),
      ...(expiresInDays !== undefined && { expires_in_days: expiresInDays }),
    });
    context.answer(key, () =>
      renderFields(
        [
          ['id', key.id],
          ['scopes', key.scopes.join(' ')],
          ['collection', key.collection],
          ['expires', key.expires_at],
          ['key', `${key.api_key}  (shown this once)`],
        ],
        context.terminal.style,
      ),
    );
  });
}

async function revoke(context: CliContext, [typed]: [string]): Promise<void> {
  await context.withServer({}, async ({ api }) => {
    const keys = await api.keys();
    const key = findById(keys, typed) ?? keys.find(({ prefix }) => typed.startsWith(prefix));
    if (!key) {
      throw new CliError('api_key_not_found', `there is no API key "${typed}"`, EXIT.notFound);
    }
    await api.revokeKey(key.id);
    context.answer({ id: key.id, revoked: true }, () => [`${key.name} (${key.id}) is revoked`]);
  });
}
