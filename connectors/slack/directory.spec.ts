import { Directory } from './directory.js';
import type { SlackApi } from './slack-api.js';
import { SlackRefusal } from './slack-errors.js';

type Given = Partial<Pick<SlackApi, 'users' | 'user' | 'channel' | 'userGroups'>>;

const apiOf = (given: Given): SlackApi =>
  ({
    users: () => Promise.resolve({ users: [] }),
    userGroups: () => Promise.resolve([]),
    ...given,
  }) as SlackApi;

describe('names of a workspace', () => {
  it('are asked for by every text that lacks them, also while another one waits', async () => {
    const directory = new Directory();
    let answer: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => (answer = resolve));
    const api = apiOf({
      user: (id) => Promise.resolve({ id, name: `name-${id}` }),
      channel: async (id) => {
        await slow;
        return { id, name: `channel-${id}` };
      },
    });
    const write = (...users: string[]) => users.map((id) => directory.user(id)).join(' ');
    const first = directory.complete(api, () => `${write('U1')} ${directory.channel('C1')}`);
    await Promise.resolve();
    const second = directory.complete(api, () => write('U2', 'U3', 'U4'));
    answer();
    expect(await first).toBe('name-U1 channel-C1');
    expect(await second).toBe('name-U2 name-U3 name-U4');
  });

  it('tell bots from people, also those who are not in the list', async () => {
    const directory = new Directory();
    const listed = [{ id: 'U1' }, { id: 'U2', is_bot: true }];
    const api = apiOf({
      users: () => Promise.resolve({ users: listed }),
      user: (id) =>
        id === 'U5'
          ? Promise.reject(new SlackRefusal('user_not_found', 'Slack refused: user_not_found.'))
          : Promise.resolve({ id, is_bot: id === 'U4' }),
    });
    await directory.load(api);
    const ids = ['U1', 'U2', 'U3', 'U4', 'U5', 'B1', 'USLACKBOT'];
    const found = await directory.complete(api, () => ids.filter((id) => directory.mayBeBot(id)));
    expect(found).toEqual(['U2', 'U4', 'B1', 'USLACKBOT']);
  });

  const refused = () => new SlackRefusal('invalid_cursor', 'Slack refused: invalid_cursor.');

  it('are listed again from the start when the cursor has expired', async () => {
    const directory = new Directory();
    let expired = false;
    const api = apiOf({
      users: (cursor) => {
        if (cursor === undefined)
          return Promise.resolve({ users: [{ id: 'U1', name: 'one' }], cursor: 'next' });
        if (expired) return Promise.resolve({ users: [{ id: 'U2', name: 'two' }] });
        expired = true;
        return Promise.reject(refused());
      },
    });
    await directory.load(api);
    expect([directory.user('U1'), directory.user('U2')]).toEqual(['one', 'two']);
  });

  it('are not listed for ever when every cursor expires at once', async () => {
    const directory = new Directory();
    const users = jest.fn((cursor: string | undefined) =>
      cursor === undefined
        ? Promise.resolve({ users: [{ id: 'U1', name: 'one' }], cursor: 'next' })
        : Promise.reject(refused()),
    );
    await directory.load(apiOf({ users }));
    expect(users.mock.calls.length).toBeLessThan(10);
    expect(directory.user('U1')).toBe('one');
  });
});
