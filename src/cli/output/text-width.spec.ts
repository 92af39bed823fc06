import fc from 'fast-check';
import { styleFor } from './style.js';
import { oneLine, padEnd, textWidth, truncate, wrap } from './text-width.js';

const anyText = fc.string({ unit: 'grapheme' });

describe('text width', () => {
  it('counts cells, not characters or escape sequences', () => {
    expect(textWidth('notes')).toBe(5);
    expect(textWidth('日本語')).toBe(6);
    expect(textWidth('e\u0301')).toBe(1);
    expect(textWidth('👍🏽')).toBe(2);
    expect(textWidth(styleFor(true).bold('notes'))).toBe(5);
  });

  it('never exceeds the width that a text is cut to', () => {
    fc.assert(
      fc.property(anyText, fc.nat(40), (text, width) => {
        expect(textWidth(truncate(text, width))).toBeLessThanOrEqual(width);
      }),
    );
  });

  it('leaves texts that fit as they are and marks those that were cut', () => {
    expect(truncate('notes', 5)).toBe('notes');
    expect(truncate('notes', 4)).toBe('not…');
    expect(truncate('日本語', 4)).toBe('日…');
    expect(padEnd('日本', 6)).toBe('日本  ');
  });

  it('wraps into lines that fit, and no more of them than allowed', () => {
    fc.assert(
      fc.property(
        anyText,
        fc.integer({ min: 2, max: 30 }),
        fc.integer({ min: 1, max: 4 }),
        (text, width, most) => {
          const lines = wrap(text, width, most);
          expect(lines.length).toBeLessThanOrEqual(most);
          for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  it('loses no word of a text that has room', () => {
    const words = 'the quick brown fox jumps over the lazy dog';
    expect(wrap(words, 12, 9).join(' ')).toBe(words);
    expect(wrap(words, 12, 2)).toEqual(['the quick', 'brown fox j…']);
  });

  it('takes control characters and direction overrides out of foreign texts', () => {
    expect(oneLine('a\u001b[31mb\nc\u202ed')).toBe('a [31mb c d');
  });
});
