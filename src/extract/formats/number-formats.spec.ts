import { numberText, readNumberFormats } from './number-formats.js';

const meaningOf = (code: string): string | undefined =>
  readNumberFormats(
    `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="${code}"/></numFmts>` +
      '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>' +
      '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="164" xfId="0"/></cellXfs></styleSheet>',
  )[1];

describe('number formats', () => {
  it.each([
    ['yyyy\\-mm\\-dd', 'date'],
    ['[$-409]d/m/yy h:mm AM/PM;@', 'date'],
    ['[h]:mm:ss', 'duration'],
    ['General', 'number'],
    ['0.00&quot; days&quot;', 'number'],
    ['[Red]#,##0.00\\ _d', 'number'],
    ['0.00E+00', 'number'],
  ])('%s shows a %s', (code, meaning) => {
    expect(meaningOf(code)).toBe(meaning);
  });

  it('are built in for low numbers', () => {
    const styles = [0, 14, 22, 46, 49].map((id) => `<xf numFmtId="${id}"/>`).join('');
    expect(readNumberFormats(`<x:cellXfs></x:cellXfs>`)).toEqual([]);
    expect(readNumberFormats(`<cellXfs>${styles}</cellXfs>`)).toEqual([
      'number',
      'date',
      'date',
      'duration',
      'number',
    ]);
  });
});

describe('numberText', () => {
  it.each([
    [43363, 'date', false, '2018-09-20'],
    [43363.4375, 'date', false, '2018-09-20T10:30:00'],
    [43363 - 1462, 'date', true, '2018-09-20'],
    [0.4374999999, 'date', false, '10:30:00'],
    [1.5, 'duration', false, '36:00:00'],
    [0.1 + 0.2, 'number', false, '0.3'],
    [-5, 'date', false, '-5'],
    [1e12, 'date', false, '1000000000000'],
  ] as const)('writes %d as a %s (1904: %s) as %s', (value, meaning, is1904, text) => {
    expect(numberText(value, meaning, is1904)).toBe(text);
  });
});
