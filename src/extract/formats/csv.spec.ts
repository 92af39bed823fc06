import fc from 'fast-check';
import { extractFormat } from '../extract-format.js';
import { MAX_TEXT_CHARS } from '../limits.js';
import { parseCsv } from './csv.js';

const csv = async (source: string) => (await extractFormat('csv', Buffer.from(source))).text;

describe('CSV', () => {
  it('repeats the headings in every row', async () => {
    expect(await csv('\ufeffName,Born,Field\r\nAda,1815,Mathematics\r\nAlan,1912,\r\n')).toBe(
      'Name: Ada; Born: 1815; Field: Mathematics\n\nName: Alan; Born: 1912',
    );
  });

  it.each([';', '\t', '|'])('finds out that the separator is %j', async (separator) => {
    const source = [`Name${separator}Price`, `"Tea, green"${separator}3,50`].join('\n');
    expect(await csv(source)).toBe('Name: Tea, green; Price: 3,50');
  });

  it('keeps the cells of a table without headings in order', async () => {
    expect(await csv('2024-01-01,12.5\n2024-01-02,13\n')).toBe(
      '2024-01-01; 12.5\n\n2024-01-02; 13',
    );
  });

  it('reads quoted line breaks, doubled quotes and stray quotes', async () => {
    expect(await csv('Key,Note\n1,"two\nlines, ""quoted"""\n2,5" pipe\n3,"open')).toBe(
      'Key: 1; Note: two lines, "quoted"\n\nKey: 2; Note: 5" pipe\n\nKey: 3; Note: "open',
    );
  });

  it('writes a lone row of headings', async () => {
    expect(await csv('Name,Email\n')).toBe('Name; Email');
  });

  it('stops at the limit of the text', async () => {
    const rows = 'Name,Note\n' + `Ada,${'x'.repeat(90)}\n`.repeat(60_000);
    const result = await extractFormat('csv', Buffer.from(rows));
    expect(result.text).toHaveLength(MAX_TEXT_CHARS);
    expect(result.truncated).toBeDefined();
  });

  it('gives back the fields of any table that was written by RFC 4180', () => {
    const table = fc.array(fc.array(fc.string(), { minLength: 2, maxLength: 4 }), { minLength: 1 });
    fc.assert(
      fc.property(table, (rows) => {
        const quote = (field: string): string => `"${field.replaceAll('"', '""')}"`;
        const source = rows.map((row) => row.map(quote).join(',')).join('\r\n');
        expect([...parseCsv(source, ',')]).toEqual(rows);
      }),
    );
  });
});
