import { parseRichText } from './rich-text.js';

describe('mrkdwn as rich text', () => {
  it('knows mentions, channels, groups, links and emoji', () => {
    expect(
      parseRichText('<@U1> in <#C1|ops> with <!subteam^S1>, see <https://a.example|it> :eyes:'),
    ).toEqual([
      {
        type: 'section',
        content: [
          { type: 'user', userId: 'U1' },
          { type: 'text', text: ' in ' },
          { type: 'channel', channelId: 'C1' },
          { type: 'text', text: ' with ' },
          { type: 'usergroup', groupId: 'S1' },
          { type: 'text', text: ', see ' },
          { type: 'link', url: 'https://a.example', label: 'it' },
          { type: 'text', text: ' ' },
          { type: 'emoji', name: 'eyes' },
        ],
      },
    ]);
  });

  it('knows styles, but not inside words', () => {
    const [block] = parseRichText('*bold* _it_ ~no~ `a_b_c` snake_case_name 2*3*4 12:30:45');
    expect(block).toMatchObject({
      content: [
        { text: 'bold', style: 'bold' },
        { text: ' ' },
        { text: 'it', style: 'italic' },
        { text: ' ' },
        { text: 'no', style: 'strike' },
        { text: ' ' },
        { text: 'a_b_c', style: 'code' },
        { text: ' snake_case_name 2*3*4 12:30:45' },
      ],
    });
  });

  it('knows lists with levels, quotes and code blocks, and unescapes', () => {
    const blocks = parseRichText(
      'Intro:\n• one\n    ◦ deep\n• two\n1. first\n&gt; said\n```\na &lt; b *c*\n```\nEnd &amp; out',
    );
    expect(blocks).toMatchObject([
      { type: 'section', content: [{ text: 'Intro:' }] },
      { type: 'list', style: 'bullet', indent: 0, items: [[{ text: 'one' }]] },
      { type: 'list', style: 'bullet', indent: 1, items: [[{ text: 'deep' }]] },
      { type: 'list', style: 'bullet', indent: 0, items: [[{ text: 'two' }]] },
      { type: 'list', style: 'ordered', indent: 0, items: [[{ text: 'first' }]] },
      { type: 'quote', content: [{ text: 'said' }] },
      { type: 'preformatted', text: 'a < b *c*' },
      { type: 'section', content: [{ text: 'End & out' }] },
    ]);
  });

  it('gives nothing for nothing', () => {
    expect(parseRichText('')).toEqual([]);
  });
});
