import fc from 'fast-check';
import { decodeText } from './decode-text.js';
import { MAX_DECODED_BYTES } from './limits.js';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const utf16 = (text: string, bigEndian = false): Buffer => {
  const buffer = Buffer.from(text, 'utf16le');
  return bigEndian ? buffer.swap16() : buffer;
};

describe('decodeText', () => {
  it('reads any text that is valid UTF-8 as UTF-8, with or without a mark', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.boolean(), (text, marked) => {
        fc.pre(!/\p{Cc}|\ufeff/u.test(text));
        const encoded = Buffer.from((marked ? '\ufeff' : '') + text);
        expect(decodeText(encoded).text).toBe(text);
      }),
    );
  });

  it.each([
    ['little endian with a mark', Buffer.concat([bytes(0xff, 0xfe), utf16('Grüße 名前')])],
    ['big endian with a mark', Buffer.concat([bytes(0xfe, 0xff), utf16('Grüße 名前', true)])],
  ])('reads UTF-16 %s', (_name, encoded) => {
    expect(decodeText(encoded).text).toBe('Grüße 名前');
  });

  it.each([
    ['utf-16le', utf16('Plain words')],
    ['utf-16be', utf16('Plain words', true)],
  ])('recognises %s without a mark', (encoding, encoded) => {
    expect(decodeText(encoded)).toEqual({ text: 'Plain words', encoding });
  });

  it('falls back to windows-1252 for single accented letters', () => {
    const encoded = Buffer.from('caf\xe9 na\xefve Stra\xdfe \x93quoted\x94', 'latin1');
    expect(decodeText(encoded)).toEqual({
      text: 'café naïve Straße “quoted”',
      encoding: 'windows-1252',
    });
  });

  it('recognises Shift_JIS by its runs of Japanese', () => {
    const encoded = bytes(0x96, 0xbc, 0x91, 0x4f, 0x2c, 0x94, 0x4e, 0x97, 0xee, 0x0d, 0x0a);
    expect(decodeText(encoded)).toEqual({ text: '名前,年齢\r\n', encoding: 'shift_jis' });
  });

  it('follows a declared charset, unless the bytes are UTF-8', () => {
    expect(decodeText(bytes(0xc4, 0xc5), 'koi8-r').text).toBe('де');
    expect(decodeText(Buffer.from('für'), 'iso-8859-1').text).toBe('für');
    expect(decodeText(bytes(0x1b, 0x24, 0x42, 0x46, 0x7c), 'iso-2022-jp').text).toBe('日');
    expect(decodeText(Buffer.from('für'), 'no-such-charset').text).toBe('für');
  });

  it('refuses binary content', () => {
    const binary = bytes(0x00, 0x01, 0x02, 0xff, 0x80, 0x03);
    expect(() => decodeText(binary)).toThrow(
      expect.objectContaining({ code: 'unsupported_media_type' }),
    );
  });

  it('decodes only the first part of a huge text, not breaking its last character', () => {
    const encoded = Buffer.concat([Buffer.from('a'), Buffer.alloc(MAX_DECODED_BYTES, 'é')]);
    const { text, encoding, truncated } = decodeText(encoded);
    expect(encoding).toBe('utf-8');
    expect(text.endsWith('é')).toBe(true);
    expect(truncated).toBe('only the first 20 MB were read');
  });
});
