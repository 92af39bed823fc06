import { IgnoreRules, Patterns } from './ignore-rules.js';

const rules = (texts: Record<string, string>): IgnoreRules =>
  Object.entries(texts).reduce<IgnoreRules | null>(
    (outer, [folder, text]) => IgnoreRules.within(outer, folder, [text]),
    null,
  )!;

describe('ignore rules', () => {
  it('are written as in .gitignore', () => {
    const root = rules({ '': '# comment\n*.log\n/build/\ndocs/*.tmp\n!keep.log\n' });
    expect(root.ignores('a/b.log', false)).toBe(true);
    expect(root.ignores('keep.log', false)).toBe(false);
    expect(root.ignores('build', true)).toBe(true);
    expect(root.ignores('build', false)).toBe(false);
    expect(root.ignores('a/build', true)).toBe(false);
    expect(root.ignores('docs/x.tmp', false)).toBe(true);
    expect(root.ignores('docs/a/x.tmp', false)).toBe(false);
  });

  it('of a deeper folder override those around it', () => {
    const deep = rules({ '': '*.log\n', 'a/b': '!wanted.log\n/top.md\n' });
    expect(deep.ignores('a/b/wanted.log', false)).toBe(false);
    expect(deep.ignores('a/b/other.log', false)).toBe(true);
    expect(deep.ignores('a/b/top.md', false)).toBe(true);
    expect(deep.ignores('a/b/c/top.md', false)).toBe(false);
  });

  it('of a deeper folder can take in again what lies around it', () => {
    const deep = rules({ '': 'out/\n*.log\n', src: '!out/\n' });
    expect(deep.ignores('src/out', true)).toBe(false);
    expect(deep.ignores('src/out/deep', true)).toBe(false);
    expect(deep.ignores('src/out/deep/a.md', false)).toBe(false);
    expect(deep.ignores('src/out/deep/a.log', false)).toBe(true);
  });

  it('of a later file in the same folder override the earlier one', () => {
    const both = IgnoreRules.within(null, '', ['*.md\n', '!notes.md\n'])!;
    expect(both.ignores('notes.md', false)).toBe(false);
    expect(both.ignores('other.md', false)).toBe(true);
  });

  it('tell upper from lower case, as git does', () => {
    expect(rules({ '': 'Build\n' }).ignores('build', true)).toBe(false);
  });

  it('understand Windows line ends and a byte order mark', () => {
    const root = rules({ '': '\uFEFF*.log\r\n*.tmp\r\n' });
    expect(root.ignores('a.log', false)).toBe(true);
    expect(root.ignores('a.tmp', false)).toBe(true);
  });

  it('cost nothing where no line says anything', () => {
    expect(IgnoreRules.within(null, '', ['# only a comment\n\n'])).toBeNull();
  });

  it('answer the same for the thousandth path as for the first', () => {
    const patterns = new Patterns(['*.log']);
    const answers = Array.from({ length: 12_000 }, (_, i) =>
      patterns.test(`${i}.${i % 2 ? 'log' : 'md'}`, false),
    );
    expect(answers.filter(Boolean)).toHaveLength(6_000);
    expect(answers[11_999]).toBe(true);
  });
});
