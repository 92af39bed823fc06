import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PooledExtractor } from './pooled-extractor.js';

const data = process.env.TRIBUTARY_TEST_DATA;

/** A phrase that each file must give, or the reason why it gives none. */
const EXPECTED: Record<string, string | { code: string }> = {
  'markitdown/LICENSE': 'Permission is hereby granted',
  'markitdown/RECEIPT-2024-TXN-98765_retail_purchase.md': 'Portable SSD 2TB',
  'markitdown/RECEIPT-2024-TXN-98765_retail_purchase.pdf': 'Portable SSD 2TB',
  'markitdown/equations.docx': 'a/λ=m/sin θ=1/sin 45.0^∘=1.41',
  'markitdown/masterformat_partial_numbering.pdf': 'submissions, in the format detailed in this',
  'markitdown/movie-theater-booking-2024.md': '| Alt Order #: | SC-WINTER-2024 |',
  'markitdown/movie-theater-booking-2024.pdf': 'Alt Order #: SC-WINTER-2024',
  'markitdown/test.docx': '# AutoGen: Enabling Next-Gen LLM Applications',
  'markitdown/test.pdf': 'LLM agents can cooperate through conversations with each other',
  'markitdown/test.pdf.expected.md': 'LLM agents can cooperate',
  'markitdown/test.pptx': '## Slide 2: 2cdda5c8-e50e-4db4-b5f0-9722a649f455',
  'markitdown/test.xlsx':
    'Alpha: 58; Beta: 6ff4173b-42a5-4784-9b19-f49caff4d93d; Gamma: 22; Delta: 9',
  'markitdown/test_blog.html': 'Just by tuning the inference parameters like model',
  'markitdown/test_mskanji.csv': '名前: 髙橋淳; 年齢: 35; 住所: 名古屋',
  'markitdown/test_with_comment.docx': 'Comment [',
  'tika/LICENSE.txt': 'TERMS AND CONDITIONS FOR USE',
  'tika/testEXCEL.strict.xlsx': 'cb=1: 1; cb=10: 10; cb=2: 2; cb=sum: 13',
  'tika/testEXCEL.xlsx': 'Number: 15; Square: 225',
  'tika/testEXCEL_dateFormats.xlsx': '2018-09-20',
  'tika/testEXCEL_protected_passtika.xlsx': { code: 'encrypted' },
  'tika/testPDF.pdf': 'Apache Tika is a toolkit for detecting and extracting metadata',
  'tika/testPDFVarious.pdf': 'Suddenly some Japanese text:',
  'tika/testPDF_bookmarks.pdf': 'This is a page about Denmark',
  'tika/testPDF_multiFormatEmbFiles.pdf': 'File Attachments to View Embedded Files',
  'tika/testPDF_no_extract_no_accessibility_owner_empty.pdf': 'Hello World',
  'tika/testPDF_protected.pdf': 'Severe Acute Respiratory Syndrome',
  'tika/testPPT.pptx': '- Black Panther',
  'tika/testPPT_various.pptx': '| Row 2 Col 1 | Row 2 Col 2 | Row 2 Col 3 |',
  'tika/testWORD.docx': '### Heading Level 3',
  'tika/testWORD_features.docx': 'This is another comment',
  'tika/testWORD_protected_passtika.docx': { code: 'encrypted' },
  'tika/testWORD_truncated.docx': { code: 'corrupt' },
  'tika/testWORD_various.docx': 'ゾルゲと尾崎、淡々と最期',
};

if (!data) {
  describe.skip('real office files (skipped: TRIBUTARY_TEST_DATA is not set)', () => {
    it('give their text or a named reason', () => undefined);
  });
} else {
  const folder = join(data, 'office');
  const extractor = new PooledExtractor({ timeoutMs: 240_000 });
  afterAll(() => extractor.close());

  describe('real office files', () => {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));

    it.each(files)('%s gives its text or a named reason', async (name) => {
      const expected = EXPECTED[name];
      const extracted = extractor.extract(
        readFileSync(join(folder, name)),
        'application/octet-stream',
        name,
      );
      if (typeof expected === 'object') {
        await expect(extracted).rejects.toMatchObject(expected);
      } else {
        const { text } = await extracted;
        expect(text.replace(/\s+/g, ' ')).toContain(expected);
      }
    });
  });
}
