import { detectFormat, parseMediaType, SUPPORTED_MEDIA_TYPES } from './media-types.js';
import { docx, pdf } from './sample-files.contract.js';

const WORD = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const text = (content: string): Uint8Array => Buffer.from(content);
const OLE = Buffer.from('d0cf11e0a1b11ae1', 'hex');

describe('detectFormat', () => {
  it('knows every supported media type', () => {
    const known = SUPPORTED_MEDIA_TYPES.filter((type) => {
      const sample = /pdf/.test(type) ? pdf({ pages: [] }) : docx({ body: '' });
      return detectFormat(/pdf|vnd/.test(type) ? sample : text('x'), type);
    });
    expect(known).toEqual(SUPPORTED_MEDIA_TYPES);
  });

  it.each([
    ['a PDF that is declared as text', pdf({ pages: [] }), 'text/plain', 'pdf'],
    ['a Word document that is declared as PDF', docx({ body: '' }), 'application/pdf', 'office'],
    ['a web page that is declared as a Word document', text('<!DOCTYPE html><p>x'), WORD, 'html'],
    ['a web page without a type', text('\ufeff <html><p>x'), '', 'html'],
  ])('believes the content of %s', (_name, bytes, mediaType, format) => {
    expect(detectFormat(bytes, mediaType)).toBe(format);
  });

  it('keeps text that shows HTML or mentions PDF as text', () => {
    expect(detectFormat(text('<html> is an element'), 'text/plain')).toBe('text');
    expect(detectFormat(text('A PDF starts with %PDF-1.7'), 'text/plain')).toBe('text');
  });

  it('uses the file name where the type says nothing', () => {
    expect(detectFormat(text('a,b'), 'application/octet-stream', 'x.CSV')).toBe('csv');
    expect(detectFormat(text('# a'), 'text/plain', 'x.md')).toBe('markdown');
    expect(detectFormat(text('words'), 'application/octet-stream', 'LICENSE')).toBe('text');
  });

  it('tells encrypted Office documents from those of Office 97', () => {
    const encrypted = Buffer.concat([OLE, Buffer.from('EncryptedPackage', 'utf16le')]);
    expect(() => detectFormat(encrypted, WORD)).toThrow(
      expect.objectContaining({ code: 'encrypted' }),
    );
    expect(() => detectFormat(OLE, 'application/msword')).toThrow(
      expect.objectContaining({
        code: 'unsupported_media_type',
        message: expect.stringContaining('Office 97-2003'),
      }),
    );
  });

  it.each([
    ['an image', Buffer.from('89504e470d0a1a0a', 'hex'), 'application/octet-stream'],
    ['an image that is declared as text', Buffer.from('ffd8ffe0', 'hex'), 'text/plain'],
    ['RTF', text('{\\rtf1 x}'), 'text/rtf'],
    ['a type without a reader', text('x'), 'application/vnd.google-apps.drawing'],
  ])('refuses %s', (_name, bytes, mediaType) => {
    expect(() => detectFormat(bytes, mediaType)).toThrow(
      expect.objectContaining({ code: 'unsupported_media_type' }),
    );
  });
});

describe('detectFormat on a file without the beginning of its type', () => {
  it.each([WORD, 'application/pdf'])('calls it damaged: %s', (mediaType) => {
    expect(() => detectFormat(text('garbage'), mediaType)).toThrow(
      expect.objectContaining({ code: 'corrupt' }),
    );
  });

  it('finds the header of a PDF behind a few other bytes', () => {
    const shifted = Buffer.concat([Buffer.from('X-Header: 1\n'), pdf({ pages: [] })]);
    expect(detectFormat(shifted, 'application/pdf')).toBe('pdf');
  });
});

describe('parseMediaType', () => {
  it('separates the charset from the type', () => {
    expect(parseMediaType('Text/Plain; format=flowed; charset="Shift_JIS"')).toEqual({
      type: 'text/plain',
      charset: 'shift_jis',
    });
    expect(parseMediaType('text/html')).toEqual({ type: 'text/html' });
  });
});
