import type { Command } from 'commander';
import type { EncryptionAnswer } from '../../credentials/encryption.schema.js';
import { interrupted } from '../cli-error.js';
import type { CliContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import type { EncryptionDoor, TributaryApi } from '../http/tributary-api.js';
import { ProgressBoard } from '../output/progress-board.js';
import { renderTable, type Column } from '../output/table.js';
import type { Invoke } from '../program.js';
import { namedServer, operatorApi } from '../server/operator-api.js';

const LOOK_AGAIN_MS = 300;

type EncryptionKey = EncryptionAnswer['keys'][number];

/** `keys rotate` and `keys status`: the keys that encrypt credentials, not those of the API. */
export function registerEncryptionKeys(keys: Command, invoke: Invoke): void {
  keys
    .command('rotate')
    .summary('encrypt stored credentials anew under the active key')
    .description(
      'Encrypt the stored credentials of connections anew, while everything goes on. With ' +
        'TRIBUTARY_ENCRYPTION_KEYS the first key there is the new one; without it (embedded mode) ' +
        'a new key is made in the data directory. A server given by --url needs its operator key.',
    )
    .option('--operator-key <key>', 'operator key of that server (TRIBUTARY_OPERATOR_KEY)')
    .option('--no-wait', 'start only')
    .action(invoke<[], { operatorKey?: string; wait: boolean }>(rotate));
  keys
    .command('status')
    .description('show which keys encrypt stored credentials, and which may be removed')
    .option('--operator-key <key>', 'operator key of that server (TRIBUTARY_OPERATOR_KEY)')
    .action(invoke<[], { operatorKey?: string }>(status));
}

async function rotate(
  context: CliContext,
  _: [],
  { operatorKey, wait }: { operatorKey?: string; wait: boolean },
): Promise<void> {
  await withEncryption(context, operatorKey, { workers: wait }, async (api, door) => {
    const started = await api.rotateEncryption(door);
    const ended = wait ? await follow(context, started, () => api.encryption(door)) : started;
    show(context, ended);
    if (!wait || ended.complete) return;
    context.exitCode = EXIT.failure;
    context.note(
      context.terminal.noteStyle.warn(`not complete: ${ended.last_error ?? 'no reason'}`),
    );
  });
}

async function status(
  context: CliContext,
  _: [],
  { operatorKey }: { operatorKey?: string },
): Promise<void> {
  await withEncryption(context, operatorKey, {}, async (api, door) => {
    show(context, await api.encryption(door));
  });
}

/** Until nothing is queued any more: complete, or stopped by an error that the answer names. */
async function follow(
  context: CliContext,
  started: EncryptionAnswer,
  look: () => Promise<EncryptionAnswer>,
): Promise<EncryptionAnswer> {
  const { clock, signal } = context.runtime;
  const board = new ProgressBoard(context.terminal, clock);
  let now = started;
  try {
    while (now.tenants_under_way > 0) {
      if (!context.json) board.show([`${now.done} of ${now.total} encrypted anew`]);
      await clock.sleep(LOOK_AGAIN_MS, signal).catch(() => {
        throw interrupted();
      });
      now = await look();
    }
    return now;
  } finally {
    board.clear();
  }
}

function show(context: CliContext, answer: EncryptionAnswer): void {
  const { keys } = answer;
  context.answer(answer, () => [
    ...(keys.length > 0 ? [...renderTable(keys, columns(context), context.terminal), ''] : []),
    summaryOf(answer),
  ]);
}

function columns({ terminal }: CliContext): Column<EncryptionKey>[] {
  return [
    { title: 'KEY', value: ({ id }) => id },
    { title: 'DATA KEYS', align: 'right', value: ({ data_keys: count }) => `${count}` },
    { title: 'CREDENTIALS', align: 'right', value: ({ credentials: count }) => `${count}` },
    {
      title: 'STATE',
      value: stateOf,
      paint: ({ in_ring: inRing }) => (inRing ? (text) => text : terminal.style.bad),
    },
  ];
}

function stateOf({ active, in_ring: inRing, removable }: EncryptionKey): string {
  if (!inRing) return 'missing from the key ring';
  if (active) return 'active';
  return removable ? 'may be removed, unless a backup needs it' : 'still needed';
}

function summaryOf({ total, remaining, complete, unreadable }: EncryptionAnswer): string {
  const lost =
    unreadable > 0 ? ` ${unreadable} cannot be read: give those connections new ones.` : '';
  if (total === 0) return `No credentials are stored.${lost}`;
  const state = complete ? 'All are under the active key.' : `${remaining} of ${total} remain.`;
  return state + lost;
}

/** Through the operator key of the given server, or on the data directory of this machine. */
async function withEncryption(
  context: CliContext,
  operatorKey: string | undefined,
  needs: { workers?: boolean },
  work: (api: TributaryApi, door: EncryptionDoor) => Promise<void>,
): Promise<void> {
  if (!namedServer(context)) {
    const local = { ...needs, local: true };
    return context.withServer(local, ({ api }) => work(api, 'local-encryption'));
  }
  await work(operatorApi(context, operatorKey), 'encryption');
}
