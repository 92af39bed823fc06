import { extractFormat } from '../extract-format.js';
import { MAX_WORKBOOK_ROWS } from '../limits.js';
import { xlsx, type XlsxContent } from '../sample-files.contract.js';

const read = (content: XlsxContent) => extractFormat('office', xlsx(content));

describe('workbooks', () => {
  it('give each sheet under its name, with the headings in every row', async () => {
    const { title, text } = await read({
      title: 'Orders 2026',
      sheets: {
        Orders: [
          ['All orders'],
          [null],
          ['Customer', 'Amount', 'Due'],
          ['Ada', 0.1 + 0.2, { serial: 46023 }],
          ['Alan', 12, { serial: 46023.4375 }],
          ['Total', 12.3],
        ],
        Empty: [],
        Times: [[{ serial: 0.5 }]],
      },
    });
    expect(title).toBe('Orders 2026');
    expect(text).toBe(
      [
        '## Orders',
        'All orders',
        'Customer: Ada; Amount: 0.3; Due: 2026-01-01',
        'Customer: Alan; Amount: 12; Due: 2026-01-01T10:30:00',
        'Customer: Total; Amount: 12.3',
        '## Times',
        '12:00:00',
      ].join('\n\n'),
    );
  });

  it('are read in the strict variant of the format', async () => {
    const sheets = {
      Sheet: [
        ['Name', 'Age'],
        ['Ada', 36],
      ],
    };
    expect((await read({ sheets, strict: true })).text).toBe('## Sheet\n\nName: Ada; Age: 36');
  });

  it('keep cells without headings in order', async () => {
    const sheets = { Notes: [['A title and', 'a subtitle'], ['Only one cell'], [1, 2]] };
    expect((await read({ sheets })).text).toBe(
      '## Notes\n\nA title and; a subtitle\n\nOnly one cell\n\n1; 2',
    );
  });

  it('survive what programs write against the rules', async () => {
    const cells = [
      '<row r="1"><c t="inlineStr"><is><t>Name</t></is></c><c t="inlineStr"><is><r><t>A</t></r><rPh><t>x</t></rPh><r><t>ge</t></r></is></c></row>',
      '<row r="3"><c r="B3"><v>36</v></c><c r="A3" t="str"><f>1&lt;2</f><v>Ada &amp; _x0041_</v></c></row>',
      '<row><c r="A4" t="e"><v>#N/A</v></c><c r="B4" t="zz"><v>odd</v></c><c r="C4" t="s"><v>99</v></c></row>',
      '<row r="1048576"><c r="XFD1048576" t="n"><v>7.10</v></c><c/></row>',
    ];
    const { text } = await read({
      sheets: { Odd: [] },
      parts: {
        'xl/worksheets/sheet1.xml': `<worksheet><sheetData>${cells.join('')}</sheetData>`,
      },
    });
    expect(text).toBe('## Odd\n\nName: Ada & A; Age: 36\n\nAge: odd\n\n7.1');
  });

  it('include comments and text boxes', async () => {
    const { text } = await read({
      sheets: { Sheet: [['x']] },
      parts: {
        'xl/comments1.xml':
          '<comments><commentList><comment ref="A1"><text><r><t>Check </t></r><r><t>this</t></r></text></comment></commentList></comments>',
        'xl/drawings/drawing1.xml':
          '<xdr:wsDr><xdr:txBody><a:p><a:r><a:t>Boxed note</a:t></a:r></a:p></xdr:txBody></xdr:wsDr>',
      },
    });
    expect(text).toBe('## Sheet\n\nx\n\nComment: Check this\n\nBoxed note');
  });

  it('are read up to the limit of rows, with the reason', async () => {
    const row = '<row><c t="b"><v>1</v></c></row>';
    const { text, truncated } = await read({
      sheets: { Big: [] },
      parts: {
        'xl/worksheets/sheet1.xml': `<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>${row
          .replaceAll('<', '<x:')
          .replaceAll('<x:/', '</x:')
          .repeat(MAX_WORKBOOK_ROWS + 1)}</x:sheetData></x:worksheet>`,
      },
    });
    expect(text.match(/true/g)).toHaveLength(MAX_WORKBOOK_ROWS);
    expect(truncated).toBe('the workbook has more than 100,000 rows');
  });

  it('are read up to the limit of their size', async () => {
    const rows = Array.from({ length: 34 }, (_, i) => [`${i} ${'x'.repeat(1024 * 1024)}`]);
    const { text, truncated } = await read({ sheets: { Big: rows }, level: 0 });
    expect(truncated).toMatch(/^the workbook has more than 32 MiB of cells/);
    expect(text).toContain('2 xxx');
  });

  it.each([
    ['without text', xlsx({ sheets: { Empty: [] } }), 'empty'],
    ['without a workbook part', xlsx({ sheets: {}, parts: { 'xl/workbook.xml': '' } }), 'corrupt'],
    ['cut in half', xlsx({ sheets: { A: [['x']] } }).subarray(0, 400), 'corrupt'],
  ])('%s fail by name', async (_name, bytes, code) => {
    await expect(extractFormat('office', bytes)).rejects.toMatchObject({ code });
  });
});
