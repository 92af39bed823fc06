import type { Cursors } from './api/cursors.js';
import type { Tokens } from './api/tokens.js';
import type { EventSender } from './events/event-sender.js';
import type { WorkspaceEditor } from './model/workspace-editor.js';

interface Mutable {
  readonly editor: WorkspaceEditor;
  readonly tokens: Tokens;
  readonly cursors: Cursors;
  readonly events: EventSender;
  /** The token handed out at the start. */
  readonly token: string;
}

class Arguments {
  constructor(private readonly given: Readonly<Record<string, unknown>>) {}

  /** @throws TypeError when it is missing */
  text(name: string): string {
    const value = this.optional(name);
    if (value === undefined) throw new TypeError(`\`${name}\` must be a string`);
    return value;
  }

  optional(name: string): string | undefined {
    const value = this.given[name];
    if (value !== undefined && typeof value !== 'string') {
      throw new TypeError(`\`${name}\` must be a string`);
    }
    return value;
  }

  flag(name: string): boolean {
    return this.given[name] === true;
  }

  texts(name: string): string[] {
    const value = this.given[name];
    if (!Array.isArray(value)) throw new TypeError(`\`${name}\` must be a list of strings`);
    return value.map(String);
  }
}

type Mutation = (simulator: Mutable, args: Arguments) => unknown;

/** What `POST /mutate {op, ...}` can do. */
const MUTATIONS: Readonly<Record<string, Mutation>> = {
  post: ({ editor }, args) => ({
    ts: editor.post(args.text('channel'), args.text('text'), { user: args.optional('user') }),
  }),
  reply: ({ editor }, args) => ({
    ts: editor.reply(args.text('channel'), args.text('thread_ts'), args.text('text'), {
      user: args.optional('user'),
      ...(args.flag('broadcast') && { subtype: 'thread_broadcast' as const }),
    }),
  }),
  edit: ({ editor }, args) => editor.edit(args.text('channel'), args.text('ts'), args.text('text')),
  delete: ({ editor }, args) => editor.delete(args.text('channel'), args.text('ts')),
  archive: ({ editor }, args) => editor.archive(args.text('channel')),
  unarchive: ({ editor }, args) => editor.unarchive(args.text('channel')),
  rename_channel: ({ editor }, args) =>
    editor.renameChannel(args.text('channel'), args.text('name')),
  create_channel: ({ editor }, args) => {
    const settings = { private: args.flag('private'), bot: !args.flag('without_bot') };
    return { id: editor.createChannel(args.text('name'), settings).id };
  },
  delete_channel: ({ editor }, args) => editor.deleteChannel(args.text('channel')),
  remove_bot: ({ editor }, args) => editor.removeBot(args.text('channel')),
  add_bot: ({ editor }, args) => editor.addBot(args.text('channel')),
  rename_user: ({ editor }, args) =>
    editor.renameUser(args.text('user'), {
      realName: args.optional('real_name'),
      displayName: args.optional('display_name'),
    }),
  deactivate_user: ({ editor }, args) => editor.deactivateUser(args.text('user')),
  add_file: ({ editor }, args) =>
    editor.addFile(
      args.text('channel'),
      {
        name: args.text('name'),
        content: args.text('content'),
        title: args.optional('title'),
        mimetype: args.optional('mimetype'),
      },
      { text: args.optional('text'), threadTs: args.optional('thread_ts') },
    ),
  delete_file: ({ editor }, args) => editor.deleteFile(args.text('file')),
  revoke_token: (simulator, args) => setState(simulator, args, 'revoked'),
  expire_token: (simulator, args) => setState(simulator, args, 'expired'),
  deactivate_account: (simulator, args) => setState(simulator, args, 'account_inactive'),
  restore_token: (simulator, args) => setState(simulator, args, 'active'),
  set_scopes: ({ tokens, token }, args) => {
    tokens.get(args.optional('token') ?? token).scopes = args.texts('scopes');
  },
  connect_events: ({ events }, args) => events.connect(args.text('url')),
  deliver_events: ({ events }, args) =>
    events.deliver({ duplicate: args.flag('duplicate'), reverse: args.flag('reverse') }),
  uninstall: (simulator, args) => {
    setState(simulator, args, 'revoked');
    simulator.events.uninstalled();
  },
  expire_cursors: ({ cursors }) => cursors.expireAll(),
};

/** @throws TypeError for an unknown operation, or one that names what does not exist */
export function mutate(simulator: Mutable, mutation: Readonly<Record<string, unknown>>): unknown {
  const { op } = mutation;
  const known = typeof op === 'string' && Object.hasOwn(MUTATIONS, op) ? MUTATIONS[op] : undefined;
  if (known === undefined) {
    throw new TypeError(`\`op\` must be one of ${Object.keys(MUTATIONS).join(', ')}`);
  }
  return known(simulator, new Arguments(mutation));
}

function setState(
  { tokens, token }: Mutable,
  args: Arguments,
  state: 'active' | 'revoked' | 'expired' | 'account_inactive',
): void {
  tokens.get(args.optional('token') ?? token).state = state;
}
