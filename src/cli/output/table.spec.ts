import { styleFor } from './style.js';
import { renderFields, renderTable, type Column } from './table.js';
import { textWidth } from './text-width.js';

interface Row {
  name: string;
  count: number;
  error?: string;
}

const style = styleFor(false);
const columns: Column<Row>[] = [
  { title: 'NAME', value: ({ name }) => name, flexible: true },
  { title: 'COUNT', value: ({ count }) => `${count}`, align: 'right' },
  { title: 'ERROR', value: ({ error }) => error ?? '', flexible: true },
];

describe('table', () => {
  it('aligns its columns, numbers to the right, wide characters included', () => {
    const rows = [
      { name: 'notes', count: 7 },
      { name: '日本', count: 1204 },
    ];
    expect(renderTable(rows, columns, { width: Infinity, style })).toEqual([
      'NAME   COUNT',
      'notes      7',
      '日本    1204',
    ]);
  });

  it('leaves out columns that are empty in every row', () => {
    const [header] = renderTable([{ name: 'a', count: 1 }], columns, { width: 80, style });
    expect(header).not.toContain('ERROR');
  });

  it('fits the terminal by cutting flexible columns, the widest first', () => {
    const rows = [{ name: 'n'.repeat(50), count: 3, error: 'e'.repeat(80) }];
    const lines = renderTable(rows, columns, { width: 60, style });
    expect(Math.max(...lines.map(textWidth))).toBe(60);
    expect(lines[1]).toContain('…');
    expect(lines[1]).toMatch(/ {2}3 {2}/);
  });

  it('is as wide as it must be where nothing may give way', () => {
    const rows = [{ name: 'notes', count: 3 }];
    const [, line] = renderTable(rows, columns, { width: 4, style });
    expect(line).toBe('notes      3');
  });

  it('shows a cell with line breaks in one line', () => {
    const [, line] = renderTable([{ name: 'a\nb', count: 1 }], columns, { width: 80, style });
    expect(line).toBe('a b       1');
  });

  it('colours cells without moving what follows', () => {
    const painted: Column<Row>[] = [
      { ...columns[0]!, paint: () => styleFor(true).good },
      columns[1]!,
    ];
    const plain = renderTable([{ name: 'a', count: 1 }], columns, { width: 80, style })[1]!;
    const colours = renderTable([{ name: 'a', count: 1 }], painted, { width: 80, style })[1]!;
    expect(colours).not.toBe(plain);
    expect(textWidth(colours)).toBe(textWidth(plain));
  });
});

describe('fields', () => {
  it('cuts what is thousands of letters long, as tables do wherever they go', () => {
    const path = '/folder'.repeat(600);
    const [field] = renderFields([['path', path]], style);
    expect(field).toMatch(/^path {2}\/folder.*…$/);
    expect(textWidth(field!)).toBeLessThanOrEqual(306);
    const rows = [{ name: path, count: 1 }];
    const [, line] = renderTable(rows, columns, { width: Infinity, style });
    expect(textWidth(line!)).toBeLessThan(320);
  });

  it('pads the labels and leaves out what has no value', () => {
    const fields = [
      ['id', '7'],
      ['error', null],
      ['status', 'success'],
    ] as const;
    expect(renderFields(fields, style)).toEqual(['id      7', 'status  success']);
  });
});
