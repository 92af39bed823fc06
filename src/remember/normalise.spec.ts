import fc from 'fast-check';
import { normaliseText, textHash } from './normalise.js';

describe('normaliseText', () => {
  it('gives one form to texts that look the same', () => {
    expect(normaliseText('Cafe\u0301 \r\n\r\n\r\n\r\nopen\u0000 late\t\r')).toBe(
      'Café\n\nopen late',
    );
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const once = normaliseText(text);
        expect(normaliseText(once)).toBe(once);
      }),
    );
  });

  it('gives text that PostgreSQL can store, whatever comes in', () => {
    expect(normaliseText('a\ud800b\u0000c')).toBe('a\ufffdbc');
  });

  it('takes a megabyte of blanks in stride', () => {
    expect(normaliseText(`a${' '.repeat(1_000_000)}b`)).toHaveLength(1_000_002);
  });
});

describe('textHash', () => {
  it('is SHA-256 in hex', () => {
    expect(textHash('abc')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});
