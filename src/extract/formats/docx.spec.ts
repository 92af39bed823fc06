import { extractFormat } from '../extract-format.js';
import { docx, paragraph, wordPart, zip, type DocxContent } from '../sample-files.contract.js';

const read = (content: DocxContent) => extractFormat('office', docx(content));
const cell = (text: string): string => `<w:tc>${paragraph(text)}</w:tc>`;
const row = (...cells: string[]): string => `<w:tr>${cells.map(cell).join('')}</w:tr>`;

const STYLES = wordPart(
  'styles',
  '<w:style w:type="paragraph" w:styleId="T1"><w:name w:val="Title"/></w:style>' +
    '<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style>' +
    '<w:style w:type="paragraph" w:styleId="H2"><w:name w:val="heading 2"/></w:style>',
);

describe('Word documents', () => {
  it('become Markdown with title, headings, tables and lists', async () => {
    const numbered = (text: string): string =>
      `<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>${text}</w:t></w:r></w:p>`;
    const { title, text } = await read({
      body:
        paragraph('Tea handbook', 'T1') +
        paragraph('Brewing', 'H1') +
        paragraph('Water &amp; leaves.') +
        paragraph('Steps', 'H2') +
        numbered('Boil') +
        numbered('Pour') +
        `<w:tbl>${row('Kind', 'Degrees')}${row('Green', '80')}</w:tbl>`,
      parts: {
        'word/styles.xml': STYLES,
        'word/numbering.xml': wordPart(
          'numbering',
          '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl></w:abstractNum>' +
            '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>',
        ),
      },
      related: [
        ['styles', 'styles.xml'],
        ['numbering', 'numbering.xml'],
      ],
    });
    expect(title).toBe('Tea handbook');
    expect(text).toBe(
      [
        '# Tea handbook',
        '# Brewing',
        'Water & leaves.',
        '## Steps',
        '1. Boil\n2. Pour',
        '| Kind | Degrees |\n| --- | --- |\n| Green | 80 |',
      ].join('\n\n'),
    );
  });

  it('prefer the title of the properties, unless the program made it up', async () => {
    const body = paragraph('Words.');
    expect((await read({ body, title: 'Real title' })).title).toBe('Real title');
    expect((await read({ body, title: 'Document1' })).title).toBeUndefined();
  });

  it('include notes, comments, headers and footers', async () => {
    const note = '<w:r><w:footnoteReference w:id="2"/></w:r>';
    const comment = '<w:r><w:commentReference w:id="0"/></w:r>';
    const { text } = await read({
      body: `<w:p><w:r><w:t>Body</w:t></w:r>${note}${comment}</w:p>`,
      parts: {
        'word/footnotes.xml': wordPart(
          'footnotes',
          `<w:footnote w:id="2">${paragraph('A footnote')}</w:footnote>`,
        ),
        'word/comments.xml': wordPart(
          'comments',
          `<w:comment w:id="0" w:initials="AL">${paragraph('A remark')}</w:comment>`,
        ),
        'word/header1.xml': wordPart('hdr', paragraph('Confidential')),
        'word/header2.xml': wordPart('hdr', paragraph('Confidential')),
        'word/footer1.xml': wordPart('ftr', paragraph('Page 3') + paragraph('3')),
      },
      related: [
        ['footnotes', 'footnotes.xml'],
        ['comments', 'comments.xml'],
        ['header', 'header1.xml'],
        ['header', 'header2.xml'],
        ['footer', 'footer1.xml'],
      ],
    });
    expect(text).toBe(
      'Body[1][AL1]\n\n1. A footnote\n\nComment [AL1]\n\nA remark\n\nConfidential\n\nPage 3',
    );
  });

  it('join the runs that corrections leave inside a word', async () => {
    const run = (text: string): string =>
      `<w:r w:rsidR="00AB"><w:rPr><w:b/><w:rPrChange w:id="1"><w:rPr/></w:rPrChange></w:rPr><w:t>${text}</w:t></w:r>`;
    const body = `<w:p>${run('hand')}<w:proofErr w:type="spellStart"/>${run('book')}</w:p>`;
    expect((await read({ body })).text).toBe('handbook');
  });

  it('keep formulas as text', async () => {
    const run = (text: string): string => `<m:r><m:t>${text}</m:t></m:r>`;
    const formula =
      `<m:oMath>${run('x=')}<m:f><m:fPr><m:ctrlPr/></m:fPr><m:num>${run('a')}</m:num>` +
      `<m:den>${run('b')}</m:den></m:f><m:sSup><m:e>${run('c')}</m:e><m:sup>${run('2')}</m:sup></m:sSup></m:oMath>`;
    const body = `<w:p><w:r><w:t>Let </w:t></w:r>${formula}</w:p>`;
    expect((await read({ body })).text).toBe('Let x=a/bc^2');
  });

  it('are found where the relationships say, and in strict files', async () => {
    const strict = 'http://purl.oclc.org/ooxml';
    const file = zip({
      '_rels/.rels': `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type="${strict}/officeDocument/relationships/officeDocument" Target="/word/document2.xml"/></Relationships>`,
      '[Content_Types].xml':
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
      'word/document2.xml': `<w:document xmlns:w="${strict}/wordprocessingml/main"><w:body>${paragraph('Strict words')}</w:body></w:document>`,
    });
    expect((await extractFormat('office', file)).text).toBe('Strict words');
  });

  it('are refused when they declare entities', async () => {
    const file = zip({
      'word/document.xml': '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><w:document>&a;</w:document>',
    });
    await expect(extractFormat('office', file)).rejects.toMatchObject({ code: 'corrupt' });
  });

  it.each([
    ['without text', docx({ body: '<w:p/>' }), 'empty'],
    ['with broken XML', docx({ body: '<w:p><w:r>' }), 'corrupt'],
    ['cut in half', docx({ body: paragraph('Words') }).subarray(0, 300), 'corrupt'],
    ['which are another archive', zip({ 'readme.txt': 'x' }), 'unsupported_media_type'],
  ])('%s fail by name', async (_name, bytes, code) => {
    await expect(extractFormat('office', bytes)).rejects.toMatchObject({ code });
  });
});
