import fc from 'fast-check';
import { chunkDocument, type Chunk, type ChunkInput } from './chunk-document.js';

/** A stand-in for the model's tokenizer: a token per five letters, and one per other character. */
const countTokens = (text: string): number => text.match(/\w{1,5}|[^\w\s]/g)?.length ?? 0;

const chunks = (text: string, maxTokens = 200, kind?: ChunkInput['kind']): Chunk[] =>
  chunkDocument({ title: 'Doc', text, kind }, { countTokens, maxTokens });
const texts = (text: string, maxTokens?: number, kind?: ChunkInput['kind']): string[] =>
  chunks(text, maxTokens, kind).map((chunk) => chunk.text);

/** `count` words that name themselves. */
const words = (name: string, count: number): string =>
  Array.from({ length: count }, (_, at) => `${name}${at}`).join(' ');
const squeezed = (text: string): string => text.replace(/\s+/g, '');

describe('chunkDocument on Markdown', () => {
  it('gives a short document as one chunk', () => {
    const [chunk, ...more] = chunks('Hello **world**.\r\n\r\nSecond paragraph.\n');
    expect(more).toEqual([]);
    expect(chunk).toMatchObject({
      ordinal: 0,
      text: 'Hello **world**.\n\nSecond paragraph.',
      headingPath: [],
      equalOrdinal: 0,
    });
    expect(chunk!.hash).toMatch(/^[0-9a-f]{32}$/);
  });

  it('cuts at headings and tells the path of each', () => {
    const text = [
      `# Guide\n\n${words('g', 70)}`,
      `## Setup\n\n${words('s', 70)}`,
      `### Linux ##\n\n${words('l', 70)}`,
      `Usage\n-----\n\n${words('u', 70)}`,
      `Appendix\n===\n\n${words('a', 70)}`,
    ].join('\n\n');
    expect(chunks(text, 100).map(({ headingPath }) => headingPath)).toEqual([
      ['Guide'],
      ['Guide', 'Setup'],
      ['Guide', 'Setup', 'Linux'],
      ['Guide', 'Usage'],
      ['Appendix'],
    ]);
  });

  it('keeps headings without text together with the first text below them', () => {
    const [first] = chunks(`# A\n\n## B\n\n### C\n\n${words('c', 80)}\n\n${words('d', 80)}`, 100);
    expect(first!.text).toMatch(/^# A\n\n## B\n\n### C\n\nc0 /);
    expect(first!.headingPath).toEqual(['A', 'B', 'C']);
  });

  it('merges small sections under one heading and keeps their own headings in the text', () => {
    const text = '# Terms\n\n## Alpha\n\nFirst.\n\n## Beta\n\nSecond.\n\n## Gamma\n\nThird.';
    expect(chunks(text)).toMatchObject([{ text, headingPath: ['Terms'] }]);
  });

  it('never merges sections under different headings', () => {
    const text =
      '# One\n\nFirst.\n\n# Two\n\nSecond.\n\n## Sub\n\nThird.\n\n# Three\n\n## Sub\n\nFourth.';
    expect(chunks(text).map(({ headingPath }) => headingPath)).toEqual([
      ['One'],
      ['Two'],
      ['Three', 'Sub'],
    ]);
  });

  it('prefers the ends of paragraphs and list items', () => {
    const items = Array.from({ length: 12 }, (_, at) => `- ${words(`i${at}x`, 10)}`);
    for (const text of texts(items.join('\n'), 60)) {
      for (const line of text.split('\n')) expect(items).toContain(line);
    }
  });

  it('repeats the header of a table that is cut between its rows', () => {
    const header = '| Name | Team |\n|---|---|';
    const rows = Array.from({ length: 40 }, (_, at) => `| person${at} | team${at} |`);
    const parts = texts(`Intro.\n\n${header}\n${rows.join('\n')}`, 60);
    expect(parts.length).toBeGreaterThan(3);
    expect(parts[0]).toBe('Intro.');
    const tables = parts.slice(1);
    for (const part of tables) expect(part.startsWith(`${header}\n| person`)).toBe(true);
    const kept = tables.flatMap((part) => part.split('\n').slice(2));
    expect(kept).toEqual(rows);
  });

  it('keeps a code block whole when it fits and finds no headings in it', () => {
    const code = `\`\`\`sh\n# not a heading\n\nmake ${words('t', 30)}\n\`\`\``;
    const parts = chunks(`${words('a', 80)}\n\n${code}\n\n${words('b', 80)}`, 100);
    expect(parts.some(({ text }) => text.includes(code))).toBe(true);
    expect(parts.every(({ headingPath }) => headingPath.length === 0)).toBe(true);
  });

  it('cuts a code block that is too long at line ends', () => {
    const lines = Array.from({ length: 60 }, (_, at) => `let x${at} = call(${at});`);
    const parts = texts(`~~~js\n${lines.join('\n')}\n~~~`, 60);
    expect(parts.length).toBeGreaterThan(5);
    expect(parts.flatMap((part) => part.split('\n'))).toEqual(['~~~js', ...lines, '~~~']);
  });

  it('cuts a paragraph that is too long after sentences', () => {
    const sentences = Array.from({ length: 20 }, (_, at) => `Sentence ${words(`w${at}x`, 10)}.`);
    for (const text of texts(sentences.join(' '), 60)) expect(text).toMatch(/^Sentence .*\.$/s);
  });

  it('cuts ideographic text after its own full stops', () => {
    const sentence = '東京都は日本の首都である。';
    for (const text of texts(sentence.repeat(80), 60)) expect(text.endsWith('。')).toBe(true);
  });

  it('cuts a word without end, but leaves long links whole', () => {
    const link = `https://example.com/${'path/'.repeat(20)}`;
    expect(texts(`${words('a', 30)} ${link} ${words('b', 30)}`, 60).join(' ')).toContain(link);
    const parts = texts('x'.repeat(50_000));
    expect(parts.join('')).toBe('x'.repeat(50_000));
    expect(parts.every((part) => countTokens(part) <= 200)).toBe(true);
  });

  it('never parts a surrogate pair', () => {
    for (const text of texts('😀'.repeat(3_000), 7)) expect(text.isWellFormed()).toBe(true);
  });

  it('bounds chunks by length where the model counts no tokens', () => {
    const parts = chunkDocument(
      { title: '', text: '字'.repeat(30_000) },
      { countTokens: () => 0, maxTokens: 4_000 },
    );
    expect(parts.every(({ text }) => text.length <= 8_000)).toBe(true);
  });

  it('takes front matter for text, not for headings', () => {
    const [first] = chunks('---\ntitle: Leave\n---\n\nText.');
    expect(first).toMatchObject({ text: '---\ntitle: Leave\n---\n\nText.', headingPath: [] });
    const [rule] = chunks('---\n\nTitle\n---\n\nText.').slice(-1);
    expect(rule).toMatchObject({ text: 'Title\n---\n\nText.', headingPath: ['Title'] });
  });

  it('gives the title of an empty document, and nothing when there is none', () => {
    expect(texts(' \n ')).toEqual(['Doc']);
    expect(chunkDocument({ title: ' ', text: '' }, { countTokens })).toEqual([]);
  });

  it('numbers chunks with equal content', () => {
    const text = `# T\n\n${`## Same\n\n${words('w', 60)}\n\n`.repeat(3)}`;
    const parts = chunks(text, 80).slice(-2);
    expect(new Set(parts.map(({ hash }) => hash)).size).toBe(1);
    expect(parts.map(({ equalOrdinal }) => equalOrdinal)).toEqual([0, 1]);
  });

  it('tells equal texts under different headings apart', () => {
    const body = `\n\n## Steps\n\n${words('w', 60)}\n\n`;
    const hashes = chunks(`# A${body}# B${body}`, 80).map(({ hash }) => hash);
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});

describe('chunkDocument on messages', () => {
  const message = (at: number, body: string): string => `Ann Lee (8 May 2026 10:${at}): ${body}`;

  it('cuts between messages only', () => {
    const lines = Array.from({ length: 30 }, (_, at) => message(at + 10, words(`m${at}x`, 8)));
    const parts = texts(lines.join('\n'), 80, 'messages');
    expect(parts.length).toBeGreaterThan(5);
    expect(parts.flatMap((part) => part.split('\n'))).toEqual(lines);
  });

  it('keeps all lines of a message with its name', () => {
    const text = `${message(10, 'first\n\nsecond\n# third')}\n${message(11, 'other')}`;
    expect(texts(text, 200, 'messages')).toEqual([text]);
  });

  it('repeats the name in front of every part of a message that is too long', () => {
    const parts = texts(message(10, words('w', 300)), 100, 'messages');
    expect(parts.length).toBeGreaterThan(3);
    for (const part of parts) expect(part).toMatch(/^Ann Lee \(8 May 2026 10:10\): w\d/);
  });
});

const line = fc.oneof(
  { weight: 4, arbitrary: fc.lorem({ maxCount: 12 }) },
  { weight: 2, arbitrary: fc.lorem({ maxCount: 3, mode: 'sentences' }) },
  fc.constantFrom('', '', '', '   ', '---', '===', '***', '```', '~~~', '|---|---|', '# ', '####### x'),
  fc.tuple(fc.integer({ min: 1, max: 6 }), fc.lorem({ maxCount: 3 })).map(([n, t]) => `${'#'.repeat(n)} ${t}`),
  fc.lorem({ maxCount: 8 }).map((text) => `- ${text}`),
  fc.lorem({ maxCount: 4 }).map((text) => `| ${text} | ${text} |`),
  fc.lorem({ maxCount: 6 }).map((text) => `Ann (10:30): ${text}`),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
); // prettier-ignore
const anyText = fc.array(line, { maxLength: 60 }).map((lines) => lines.join('\n'));
const anySize = fc.constantFrom(5, 20, 60, 200);
const anyKind = fc.constantFrom('markdown' as const, 'messages' as const);

function isSubsequence(part: string, whole: string): boolean {
  let at = 0;
  for (let i = 0; i < whole.length && at < part.length; i++) if (whole[i] === part[at]) at++;
  return at === part.length;
}

describe('chunkDocument on any text', () => {
  it('loses no character but white space, keeps the order and stays within the length', () => {
    fc.assert(
      fc.property(anyText, anySize, anyKind, (text, maxTokens, kind) => {
        fc.pre(text.trim() !== '');
        const parts = chunks(text, maxTokens, kind);
        expect(isSubsequence(squeezed(text), squeezed(parts.map((one) => one.text).join('')))).toBe(true);
        expect(parts.map(({ ordinal }) => ordinal)).toEqual(parts.map((_, at) => at));
        for (const part of parts) {
          expect(part.text.trim()).toBe(part.text);
          expect(part.text.length).toBeGreaterThan(0);
          expect(part.text.length).toBeLessThanOrEqual(10_000);
        }
      }),
      { numRuns: 300 },
    ); // prettier-ignore
  });

  it('adds nothing where nothing is repeated', () => {
    fc.assert(
      fc.property(anyText, anySize, (text, maxTokens) => {
        fc.pre(text.trim() !== '' && !text.includes('|---'));
        expect(squeezed(texts(text, maxTokens).join(''))).toBe(squeezed(text));
      }),
    );
  });

  it('keeps every chunk but the last when text is added at the end', () => {
    fc.assert(
      fc.property(anyText, anyText, anySize, anyKind, (text, added, maxTokens, kind) => {
        fc.pre(text.trim() !== '');
        const before = chunks(text, maxTokens, kind).map(({ hash }) => hash);
        const after = chunks(`${text}\n\n${added}`, maxTokens, kind).map(({ hash }) => hash);
        expect(after.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
      }),
      { numRuns: 300 },
    );
  });

  it('changes no other section when one is edited', () => {
    const section = fc.lorem({ maxCount: 60 }).map((text) => `${text} ${words('w', 60)}`);
    const sections = fc.array(section, { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(sections, fc.nat(), anyText, (bodies, pick, edit) => {
        const edited = pick % bodies.length;
        const document = (extra: string): string =>
          bodies
            .map((body, at) => `## Section ${at}\n\n${at === edited ? extra : ''}${body}`)
            .join('\n\n');
        // An edit that brings headings or opens a code block is one of the structure.
        fc.pre(!/^ *(#|```|~~~|---|===)/m.test(edit));
        const others = (text: string): string[] =>
          chunks(text, 100)
            .filter(({ headingPath }) => headingPath[0] !== `Section ${edited}`)
            .map(({ hash }) => hash);
        expect(others(document(`${edit}\n\n`))).toEqual(others(document('')));
      }),
    );
  });

  it('meets its old boundaries again after an edit in front of many equal parts', () => {
    const parts = Array.from(
      { length: 400 },
      (_, at) => `Paragraph ${at}: ${words(`p${at}x`, 12)}.`,
    );
    const before = chunks(parts.join('\n\n')).map(({ hash }) => hash);
    const after = new Set(chunks(['New.', ...parts].join('\n\n')).map(({ hash }) => hash));
    const kept = before.filter((hash) => after.has(hash));
    expect(before.length).toBeGreaterThan(40);
    expect(kept.length).toBeGreaterThan(0.85 * before.length);
  });

  it('counts the tokens of every character a few times at most', () => {
    const inputs = [
      `# A\n\n${words('w', 20_000)}`,
      'No end. '.repeat(20_000),
      'x'.repeat(150_000),
      '- item\n'.repeat(20_000),
      `|a|b|\n|-|-|\n${'| c | d |\n'.repeat(15_000)}`,
    ];
    for (const text of inputs) {
      let counted = 0;
      const count = (part: string): number => {
        counted += part.length;
        return countTokens(part);
      };
      chunkDocument({ title: '', text }, { countTokens: count });
      expect(counted).toBeLessThan(4 * text.length);
    }
  });

  it('survives degenerate input', () => {
    const inputs = [
      '\n'.repeat(100_000),
      `# A${'\n'.repeat(30_000)}b`,
      `a${' '.repeat(30_000)}b`,
      '.'.repeat(30_000),
      '```'.repeat(10_000),
      '|'.repeat(20_000),
      `|a|\n|-|\n${'|x'.repeat(20_000)}`,
      `# ${'t'.repeat(30_000)}`,
      '- '.repeat(10_000),
      `${'#'.repeat(6)} a\n`.repeat(3_000),
      `n (${'1'.repeat(59)}): ${'word '.repeat(10_000)}`,
    ];
    for (const text of inputs) {
      for (const kind of ['markdown', 'messages'] as const) {
        const parts = texts(text, 50, kind);
        if (text.trim() !== '') {
          expect(isSubsequence(squeezed(text), squeezed(parts.join('')))).toBe(true);
        }
        expect(parts.every((part) => part.length <= 10_000)).toBe(true);
      }
    }
  });
});
