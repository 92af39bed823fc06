import { messageText } from './message-text.js';
import type { Names } from './names.js';

const names: Names = {
  user: (id) => ({ U1: 'Author One', U2: 'Author Two' })[id] ?? id,
  channel: (id) => ({ C1: 'general' })[id] ?? id,
  userGroup: (id) => ({ S1: 'platform' })[id] ?? id,
};
const textOf = (message: object): string => messageText({ ts: '1.000000', ...message }, names);
const richText = (...elements: object[]) => [{ type: 'rich_text', elements }];
const section = (...elements: object[]) => ({ type: 'rich_text_section', elements });
const text = (value: string) => ({ type: 'text', text: value });

describe('text of a message', () => {
  it.each([
    ['<@U1> and <@U2|someone>', '@Author One and @Author Two'],
    ['see <#C1> or <#C9|random>', 'see #general or #random'],
    ['<!subteam^S1> <!subteam^S2|@design> <!here> <!channel>', '@platform @design @here @channel'],
    ['<https://a.example/x?a=1&amp;b=2>', 'https://a.example/x?a=1&b=2'],
    ['<https://a.example|the plan>', 'the plan (https://a.example)'],
    ['<https://a.example|a.example>', 'https://a.example'],
    ['<mailto:x@a.example|x@a.example>', 'x@a.example'],
    ['<!date^1392734382^{date}|18 Feb 2014>', '18 Feb 2014'],
    ['a &lt; b &amp;&amp; c &gt; d, &amp;lt;', 'a < b && c > d, &lt;'],
    ['done :+1: :tada::skin-tone-2: :our_logo: at 10:30:15', 'done 👍 🎉 :our_logo: at 10:30:15'],
  ])('resolves %s', (written, expected) => {
    expect(textOf({ text: written })).toBe(expected);
  });

  it('comes from rich text blocks, with lists, quotes and code', () => {
    const list = (style: string, indent: number, ...items: string[]) => ({
      type: 'rich_text_list',
      style,
      indent,
      elements: items.map((item) => section(text(item))),
    });
    const blocks = richText(
      section(text('Hello '), { type: 'user', user_id: 'U1' }, text(' in ')),
      list('ordered', 0, 'first', 'second'),
      list('bullet', 1, 'nested'),
      list('ordered', 0, 'third'),
      { type: 'rich_text_quote', elements: [text('said\nbefore')] },
      { type: 'rich_text_preformatted', elements: [text('const a = 1;\n  a++;')] },
      section({ type: 'emoji', name: 'x', unicode: '1f44d' }, { type: 'link', url: 'https://a.b' }),
    );
    expect(textOf({ text: 'not this', blocks })).toBe(
      [
        'Hello @Author One in ',
        '1. first',
        '2. second',
        '  - nested',
        '3. third',
        '> said',
        '> before',
        'const a = 1;',
        '  a++;',
        '👍https://a.b',
      ].join('\n'),
    );
  });

  it('says what text and blocks both say once', () => {
    const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: '*Deploy* of <#C1> done' } }];
    expect(textOf({ text: 'Deploy of #general done', blocks })).toBe('Deploy of #general done');
    expect(textOf({ text: 'A summary', blocks })).toBe('A summary\n*Deploy* of #general done');
    expect(textOf({ text: 'Only text', blocks: [{ type: 'divider' }] })).toBe('Only text');
  });

  it('reads headers, fields, context and tables', () => {
    const mrkdwn = (value: string) => ({ type: 'mrkdwn', text: value });
    const cell = (value: string) => ({ type: 'raw_text', text: value });
    const blocks = [
      { type: 'header', text: { type: 'plain_text', text: 'Build 12' } },
      { type: 'section', fields: [mrkdwn('Branch: main'), mrkdwn('By <@U2>')] },
      { type: 'context', elements: [{ type: 'image', alt_text: 'icon' }, mrkdwn('3 minutes')] },
      {
        type: 'table',
        rows: [
          [cell('Name'), cell('Size')],
          [cell('a'), cell('1')],
        ],
      },
    ];
    expect(textOf({ blocks })).toBe(
      'Build 12\nBranch: main\nBy @Author Two\nicon 3 minutes\nName | Size\na | 1',
    );
  });

  it('adds attachments, with the fallback only where nothing else is', () => {
    const attachments = [
      {
        fallback: 'never',
        title: 'Ticket 4',
        title_link: 'https://t.example/4',
        text: 'It is <broken|x>',
        fields: [{ title: 'State', value: 'open' }],
      },
      { fallback: 'Only this' },
    ];
    expect(textOf({ text: 'Look', attachments })).toBe(
      'Look\nTicket 4 (https://t.example/4)\nIt is x (broken)\nState: open\nOnly this',
    );
  });

  it('names files, and says what became of those that cannot be read', () => {
    const files = [
      { id: 'F1', title: 'Plan', permalink: 'https://example.slack.com/files/U1/F1/plan.txt' },
      { id: 'F2', mode: 'tombstone' },
      { id: 'F3', mode: 'hidden_by_limit' },
    ];
    expect(textOf({ text: '', files })).toBe(
      '[file: Plan (https://example.slack.com/files/U1/F1/plan.txt)]\n' +
        '[file: deleted]\n[file: hidden by the limit of the plan]',
    );
  });

  it('survives blocks and attachments of any shape', () => {
    const odd = [null, 1, 'x', [], {}, { type: 'rich_text', elements: [null, { elements: 3 }] }];
    expect(textOf({ text: 'Still here', blocks: odd, attachments: odd })).toBe('Still here');
    const unknown = [{ type: 'something_new', text: { type: 'plain_text', text: 'Read me' } }];
    expect(textOf({ blocks: unknown })).toBe('Read me');
  });
});
