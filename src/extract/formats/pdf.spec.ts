import { MAX_PDF_PAGES } from '../limits.js';
import { PooledExtractor } from '../pooled-extractor.js';
import { pdf, type PdfContent } from '../sample-files.contract.js';

// In a child, as in production: the library is not made to be loaded by the test runner.
const extractor = new PooledExtractor({ timeoutMs: 240_000 });
afterAll(() => extractor.close());
const extract = (bytes: Uint8Array) => extractor.extract(bytes, 'application/pdf');
const read = (content: PdfContent) => extract(pdf(content));

describe('PDF', () => {
  it('gives paragraphs page by page, with the title', async () => {
    const { title, text } = await read({
      title: 'Microsoft Word - Tea report',
      pages: [
        [
          { text: 'Brewing', y: 720, size: 20 },
          {
            text: 'Green tea wants water that is well below boiling, which keeps it from becom-',
            y: 690,
          },
          { text: 'ing bitter.', y: 677 },
          { text: 'Black tea does not care.', y: 640 },
        ],
        [{ text: 'Second page', y: 720 }],
      ],
    });
    expect(title).toBe('Tea report');
    expect(text).toBe(
      [
        'Brewing',
        'Green tea wants water that is well below boiling, which keeps it from becoming bitter.',
        'Black tea does not care.',
        'Second page',
      ].join('\n\n'),
    );
  });

  it('ignores a title that says nothing', async () => {
    const pages = [[{ text: 'Words', y: 700 }]];
    expect((await read({ title: 'untitled', pages })).title).toBeUndefined();
    expect((await read({ title: 'report-final.docx', pages })).title).toBeUndefined();
  });

  it('reads up to the limit of pages, with the reason', async () => {
    const pages = Array.from({ length: MAX_PDF_PAGES + 1 }, (_, i) => [{ text: `P${i}.`, y: 700 }]);
    const { text, truncated } = await read({ pages });
    expect(text).toContain(`P${MAX_PDF_PAGES - 1}.`);
    expect(text).not.toContain(`P${MAX_PDF_PAGES}.`);
    expect(truncated).toBe('only the first 2,000 of 2,001 pages were read');
  });

  it('repairs a damaged cross-reference table', async () => {
    const bytes = Buffer.from(pdf({ pages: [[{ text: 'Still here', y: 700 }]] }));
    bytes.write('9999', bytes.indexOf('startxref') + 10);
    expect((await extract(bytes)).text).toBe('Still here');
  });

  it.each([
    ['without text', pdf({ pages: [[]] }), 'empty', /scan/],
    ['that wants a password', pdf({ pages: [[]], encrypted: true }), 'encrypted', /password/],
    ['that is cut off', pdf({ pages: [[]] }).subarray(0, 40), 'corrupt', /damaged/],
    ['that is garbage', Buffer.from('%PDF-1.7\n' + 'garbage '.repeat(99)), 'corrupt', /damaged/],
  ])('%s fails by name', async (_name, bytes, code, message) => {
    await expect(extract(bytes)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});
