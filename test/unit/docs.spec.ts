import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { projectRoot } from '../../src/common/compiled.js';

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');
const list = (folder: string): string[] => readdirSync(join(projectRoot, folder)).sort();

const FILES = [
  ...list('.').filter((name) => name.endsWith('.md')),
  ...readdirSync(join(projectRoot, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((path) => posix.join('docs', path.replaceAll('\\', '/')))
    .filter((path) => path.endsWith('.md')),
];

/** GitHub's anchors: lower case, without punctuation, blanks as hyphens. */
function anchorsOf(path: string): string[] {
  return [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function linksOf(path: string): string[] {
  const prose = read(path)
    .replace(/^(`{3,}|~{3,})[\s\S]*?^\1/gm, '')
    .replace(/`[^`]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
}

describe('the documentation', () => {
  it.each(FILES)('%s links to files and headings that exist', (file) => {
    const broken = linksOf(file).filter((target) => {
      if (/^(https?|mailto):/.test(target)) return false;
      const [path = '', anchor] = target.split('#');
      const found = path === '' ? file : posix.join(posix.dirname(file), path);
      if (!existsSync(join(projectRoot, found))) return true;
      return anchor !== undefined && !anchorsOf(found).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('has every guide in its index', () => {
    const guides = list('docs/guides').map((name) => `guides/${name}`);
    expect(linksOf('docs/README.md')).toEqual(expect.arrayContaining(guides));
  });

  it('numbers the decisions without a gap, and lists each', () => {
    const decisions = list('docs/adr').filter((name) => name !== 'README.md');
    const numbers = decisions.map((name) => Number(name.slice(0, 4)));
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
    expect(linksOf('docs/adr/README.md')).toEqual(decisions);
    for (const name of decisions) {
      const text = read(`docs/adr/${name}`);
      expect(text.startsWith(`# ${name.slice(0, 4)}. `)).toBe(true);
      const sections = [...text.matchAll(/^## (.+)$/gm)].map(([, section]) => section);
      expect({ name, sections }).toEqual({ name, sections: ['Context', 'Decision', 'Cost'] });
    }
  });
});
