import { extractFormat } from '../extract-format.js';

const html = (source: string | Uint8Array) => extractFormat('html', Buffer.from(source));
const text = async (source: string) => (await html(source)).text;

describe('HTML', () => {
  it('becomes Markdown with the title of the page', async () => {
    const page = `<!doctype html><html><head><title>Tea &amp; more</title><style>p{}</style></head>
      <body><nav><a href="/">Home</a></nav><h1>Green tea</h1><script>alert(1)</script>
      <p>Water at <b>80°C</b>,<br>see <a href="https://example.com/tea">the guide</a>.</p>
      <ul><li>Sencha</li><li>Matcha</li></ul><ol start="3"><li>Pour</li><li>Wait</li></ol>
      <!-- hidden --><img src="data:image/png;base64,AAAA" alt="A cup"></body></html>`;
    expect(await html(page)).toEqual({
      title: 'Tea & more',
      text: [
        '# Green tea',
        'Water at **80°C**,\nsee [the guide](https://example.com/tea).',
        '- Sencha\n- Matcha',
        '3. Pour\n4. Wait',
        'A cup',
      ].join('\n\n'),
    });
  });

  it('takes the first heading where there is no title', async () => {
    expect((await html('<h2><a href="/x">Linked</a> words</h2>')).title).toBe('Linked words');
  });

  it('keeps words whole that Markdown would escape', async () => {
    expect(await text('<p>snake_case_name [x] 1. *y*</p>')).toBe('snake_case_name [x] 1. *y*');
  });

  it('writes tables as Markdown, with or without headings and blocks in their cells', async () => {
    const table =
      '<table><thead><tr><th>Name</th><th>Note</th></tr></thead><tbody>' +
      '<tr><td><p>Ada</p></td><td>a|b</td></tr><tr><td></td><td>last</td></tr></tbody></table>';
    expect(await text(table)).toBe('| Name | Note |\n| --- | --- |\n| Ada | a\\|b |\n|  | last |');
  });

  it('reads through tables that only place things', async () => {
    const layout =
      '<table><tr><td><h2>News</h2><p>One.</p></td><td><table><tr><td>a</td><td>b</td></tr></table></td></tr></table>';
    expect(await text(layout)).toBe('## News\n\nOne.\n\n| a | b |\n| --- | --- |');
  });

  it('obeys the charset that the page names', async () => {
    const page = Buffer.concat([
      Buffer.from('<meta charset="shift_jis"><p>'),
      Uint8Array.from([0x96, 0xbc]),
    ]);
    expect((await html(page)).text).toBe('名');
  });

  it('reads pages of any length piece by piece, losing nothing', async () => {
    const rows = Array.from({ length: 4000 }, (_, i) => `<tr><td>r${i}</td><td>v${i}</td></tr>`);
    const items = Array.from({ length: 4000 }, (_, i) => `<li>item${i}</li>`);
    const page = `<table>${rows.join('')}</table><ul>${items.join('')}</ul>${'<p>end</p>'.repeat(4000)}`;
    const all = await text(page);
    for (const i of [0, 1, 1999, 3998, 3999]) {
      expect(all).toContain(`| r${i} | v${i} |`);
      expect(all).toContain(`- item${i}\n`);
    }
    expect(all.match(/^\| r/gm)).toHaveLength(4000);
    expect(all.match(/^- item/gm)).toHaveLength(4000);
    expect(all.match(/^end$/gm)).toHaveLength(4000);
  });

  it('finds the text under thousands of unclosed elements', async () => {
    expect(await text(`<html>${'<div>'.repeat(20_000)}deep &amp; found`)).toBe('deep & found');
  });

  it('is nothing but its title when only scripts are there', async () => {
    expect(await html('<html><script>app()</script>')).toEqual({ text: '' });
    const titled = '<html><title>An app</title><script>app()</script>';
    expect(await html(titled)).toEqual({ text: '', title: 'An app' });
  });
});
