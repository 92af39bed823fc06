import fc from 'fast-check';
import { Directory } from './directory.js';
import { render } from './rendered-message.js';
import type { SlackMessage } from './slack-message.js';

const MESSAGE: SlackMessage = {
  ts: '1700000000.000100',
  user: 'U1',
  text: 'Look at <https://example.org/a> with <@U2>',
  blocks: [
    {
      type: 'rich_text',
      block_id: 'aaaa',
      elements: [
        {
          type: 'rich_text_section',
          elements: [
            { type: 'text', text: 'Look at ' },
            { type: 'link', url: 'https://example.org/a' },
            { type: 'text', text: ' with ' },
            { type: 'user', user_id: 'U2' },
          ],
        },
      ],
    },
  ],
  attachments: [
    {
      id: 1,
      from_url: 'https://example.org/a',
      title: 'Harbour rules',
      text: 'How ships are greeted.',
      blocks: [{ type: 'section', block_id: 'bbbb', text: { type: 'mrkdwn', text: '*Ships*' } }],
    },
  ],
  files: [{ id: 'F1', title: 'Plan', name: 'plan.txt' }],
};

const namesOf = (name: string): Directory => {
  const names = new Directory();
  names.addUser('U1', 'Captain');
  names.addUser('U2', name);
  return names;
};

const hashOf = (message: SlackMessage, name = 'Pilot'): string =>
  render(message, namesOf(name)).hash;

/** The same answer with other ids of blocks and previews, and fields in another order. */
function shuffled(value: unknown, next: () => number): unknown {
  if (Array.isArray(value)) return value.map((it) => shuffled(it, next));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as Record<string, unknown>)
    .map(([key, it]) => [key, shuffled(it, next)] as const)
    .map(([key, it]) => {
      const isVolatile = key === 'block_id' || (key === 'id' && typeof it === 'number');
      return [key, isVolatile ? next() : it] as const;
    });
  return Object.fromEntries(entries.sort(() => (next() % 2 === 0 ? 1 : -1)));
}

describe('the version of a message', () => {
  it('is the same whatever ids blocks and previews have, and in which order fields come', () => {
    const numbers = fc.array(fc.nat(), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(numbers, (seeds) => {
        let at = 0;
        const next = () => seeds[at++ % seeds.length]! + at;
        expect(hashOf(shuffled(MESSAGE, next) as SlackMessage)).toBe(hashOf(MESSAGE));
      }),
    );
  });

  it('is the same after a person was renamed, who is shown with the new name', () => {
    expect(hashOf(MESSAGE, 'Somebody else')).toBe(hashOf(MESSAGE));
    expect(render(MESSAGE, namesOf('Somebody else')).text).toContain('@Somebody else');
  });

  const words = fc.stringMatching(/^[a-z]{6,12}$/);

  it('changes with everything that is shown', () => {
    fc.assert(
      fc.property(words, (word) => {
        const before = hashOf(MESSAGE);
        const edits: SlackMessage[] = [
          { ...MESSAGE, edited: { ts: '1700000001.000100' } },
          { ...MESSAGE, user: word },
          { ...MESSAGE, subtype: word },
          { ...MESSAGE, username: word },
          { ...MESSAGE, files: [{ id: 'F1', title: word, name: 'plan.txt' }] },
          { ...MESSAGE, files: [{ id: word, title: 'Plan', name: 'plan.txt' }] },
          { ...MESSAGE, attachments: [{ title: word }] },
          { ...MESSAGE, text: word, blocks: [] },
        ];
        for (const edit of edits) expect(hashOf(edit)).not.toBe(before);
      }),
    );
  });

  it('changes when another person is mentioned', () => {
    const other = JSON.parse(JSON.stringify(MESSAGE).replaceAll('U2', 'U9')) as SlackMessage;
    expect(hashOf(other)).not.toBe(hashOf(MESSAGE));
  });
});
