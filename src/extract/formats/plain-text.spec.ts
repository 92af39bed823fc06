import { extractFormat } from '../extract-format.js';
import { MAX_TEXT_CHARS } from '../limits.js';

const markdown = (source: string) => extractFormat('markdown', Buffer.from(source));
const text = (source: string) => extractFormat('text', Buffer.from(source));

describe('Markdown', () => {
  it('takes the title from the front matter and leaves the front matter out', async () => {
    const source =
      '---\r\ntitle: "The \\"Plan\\""\r\ntags: [a]\r\n---\r\n# Heading\r\n\r\nBody.\r\n';
    expect(await markdown(source)).toEqual({ title: 'The "Plan"', text: '# Heading\n\nBody.' });
  });

  it.each([
    ["title: 'It''s here'", "It's here"],
    ['title: Plain words # comment', 'Plain words'],
    ['Title: Ünïcode: yes', 'Ünïcode: yes'],
  ])('understands %s', async (line, title) => {
    expect((await markdown(`---\n${line}\n---\nBody.`)).title).toBe(title);
  });

  it('uses the first heading outside of code as the title', async () => {
    expect((await markdown('```\n# no\n```\n\n# Yes #\n')).title).toBe('Yes');
    expect((await markdown('## Only a section\n')).title).toBeUndefined();
  });

  it('does not take a rule at the top for front matter', async () => {
    expect((await markdown('---\nJust text.\n\n---\nMore.')).text).toContain('Just text.');
  });

  it('keeps a page that is nothing but a title', async () => {
    expect(await markdown('---\ntitle: Empty page\n---\n')).toEqual({
      title: 'Empty page',
      text: 'Empty page',
    });
  });
});

describe('plain text', () => {
  it('loses control characters, lone surrogates and invisible characters', async () => {
    const dirty = Buffer.from('a\u0001b\u00adc\u200bd\r\ne', 'utf16le');
    const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), dirty, Buffer.from([0x00, 0xd8])]);
    expect((await extractFormat('text', bytes)).text).toBe('abcd\ne\ufffd');
  });

  it('is nothing when there are only blanks or a byte order mark', async () => {
    for (const blank of [' \n\t\r\n ', '\ufeff', '\ufeff \n', ''])
      expect(await text(blank)).toEqual({ text: '' });
  });

  it('is cut at the limit, with the reason', async () => {
    const { text: cut, truncated } = await text('x'.repeat(MAX_TEXT_CHARS + 1));
    expect(cut).toHaveLength(MAX_TEXT_CHARS);
    expect(truncated).toBe('the text is longer than 5,000,000 characters');
  });

  it('is read in linear time, long runs of blanks included', async () => {
    const source = `a${' '.repeat(1_000_000)}b${'\n'.repeat(1_000_000)}c`;
    expect((await text(source)).text).toBe(source);
    expect((await markdown(`# ${' '.repeat(60_000)}x`)).title).toBeUndefined();
  });
});
