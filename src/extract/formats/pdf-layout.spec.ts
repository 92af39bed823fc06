import { layoutPage, type TextItem } from './pdf-layout.js';

/** A run of `size` points whose letters are half as wide as high. */
const run = (str: string, y: number, { x = 0, size = 10, hasEOL = true } = {}): TextItem => ({
  str,
  width: str.length * size * 0.5,
  height: size,
  transform: [size, 0, 0, size, x, y],
  hasEOL,
});
const FULL = 'This line of prose reaches the right margin';

describe('layoutPage', () => {
  it('joins the lines of a paragraph and separates paragraphs by their distance', () => {
    const items = [run(FULL, 100), run('and ends here.', 88), run('Another one.', 64)];
    expect(layoutPage(items)).toBe(`${FULL} and ends here.\n\nAnother one.`);
  });

  it('joins words that were split at the line end, but not compounds', () => {
    expect(layoutPage([run(`${FULL} of recog-`, 100), run('nition and', 88)])).toBe(
      `${FULL} of recognition and`,
    );
    expect(layoutPage([run(`${FULL} state-of-the-`, 100), run('art', 88)])).toBe(
      `${FULL} state-of-the-art`,
    );
    expect(layoutPage([run(`${FULL} North-`, 100), run('South', 88)])).toBe(`${FULL} North- South`);
  });

  it('keeps short lines, list items and table rows apart', () => {
    expect(layoutPage([run('Ada Lovelace', 100), run('London', 88)])).toBe('Ada Lovelace\nLondon');
    expect(layoutPage([run(FULL, 100), run('• second point', 88)])).toBe(`${FULL}\n• second point`);
    const gap = { ...run(' ', 100, { hasEOL: false }), width: 60 };
    const cells = (y: number): TextItem[] => [
      run(FULL, y, { hasEOL: false }),
      { ...gap, transform: [10, 0, 0, 10, 215, y] },
      run('12.50', y, { x: 275 }),
    ];
    expect(layoutPage([...cells(100), ...cells(88)])).toBe(`${FULL} 12.50\n${FULL} 12.50`);
  });

  it('starts a new paragraph where the size of the letters changes', () => {
    expect(layoutPage([run('A heading', 100, { size: 16 }), run(FULL, 84)])).toBe(
      `A heading\n\n${FULL}`,
    );
  });

  it('joins lines of Japanese without a space', () => {
    const line = '日本語の文章はここまで続いて次の行に';
    const wide = (str: string, y: number): TextItem => ({ ...run(str, y), width: str.length * 10 });
    expect(layoutPage([wide(line, 100), wide('移ります', 88)])).toBe(`${line}移ります`);
  });

  it('gives nothing for a page without text', () => {
    expect(layoutPage([])).toBe('');
    expect(layoutPage([run(' ', 100)])).toBe('');
  });
});
