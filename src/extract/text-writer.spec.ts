import { finishText } from './clean-text.js';
import { MAX_TEXT_CHARS } from './limits.js';
import { TextWriter } from './text-writer.js';

const written = (...blocks: string[]) => {
  const writer = new TextWriter();
  for (const block of blocks) writer.block(block);
  return finishText(writer.finish());
};

describe('TextWriter', () => {
  it.each([-3, -2, -1, 0, 1])('drops nothing in silence at %s characters off the limit', (off) => {
    const first = 'x'.repeat(MAX_TEXT_CHARS + off);
    const { text, truncated } = written(first, 'last');
    expect(text.endsWith('last')).toBe(truncated === undefined);
    expect(truncated).toBe('the text is longer than 5,000,000 characters');
    expect(text.length).toBeLessThanOrEqual(MAX_TEXT_CHARS);
  });

  it('keeps everything up to the limit', () => {
    const { text, truncated } = written('x'.repeat(MAX_TEXT_CHARS - 6), 'last');
    expect(text).toHaveLength(MAX_TEXT_CHARS);
    expect(truncated).toBeUndefined();
  });

  it('tells every reason once', () => {
    const writer = new TextWriter();
    writer.block('text');
    for (const reason of ['one', 'two', 'one']) writer.cut(reason);
    expect(writer.finish().truncated).toBe('one; two');
  });
});
