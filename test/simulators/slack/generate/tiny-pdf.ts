/** Of 9 pt Helvetica, whose letters are half as wide on average, the page takes a few more. */
const LINE_LETTERS = 90;
const LEADING = 12;
const MARGIN = 40;
const A4 = { width: 595, height: 842 };

/** A PDF of one page, small and valid, as long as its text needs. @param text ASCII */
export function tinyPdf(text: string): Uint8Array {
  const lines = text.split('\n').flatMap(wrapped);
  const height = Math.max(A4.height, lines.length * LEADING + 2 * MARGIN);
  const shown = lines.map((line) => `(${line.replaceAll(/([\\()])/g, '\\$1')}) Tj T*`).join('\n');
  const stream = `BT /F1 9 Tf ${LEADING} TL ${MARGIN} ${height - MARGIN - LEADING} Td\n${shown}\nET`;
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    `<</Type/Page/Parent 2 0 R/MediaBox[0 0 ${A4.width} ${height}]/Contents 4 0 R` +
      '/Resources<</Font<</F1 5 0 R>>>>>>',
    `<</Length ${stream.length}>>\nstream\n${stream}\nendstream`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
  ];
  let body = '%PDF-1.4\n';
  const offsets: number[] = [];
  objects.forEach((object, i) => {
    offsets.push(body.length);
    body += `${i + 1} 0 obj\n${object}\nendobj\n`;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  return Buffer.from(
    `${body}xref\n0 ${size}\n0000000000 65535 f \n${table}` +
      `trailer\n<</Size ${size}/Root 1 0 R>>\nstartxref\n${body.length}\n%%EOF\n`,
    'latin1',
  );
}

function wrapped(line: string): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(' ')) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (current !== '' && longer.length > LINE_LETTERS) {
      lines.push(current);
      current = word;
    } else {
      current = longer;
    }
  }
  return [...lines, current];
}
