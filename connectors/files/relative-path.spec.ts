import fc from 'fast-check';
import { containerOf, foldersOf, joinId, nameOf, parseId, partitionOf } from './relative-path.js';

const name = fc
  .string({ minLength: 1, maxLength: 8 })
  .filter((it) => !it.includes('/') && !it.includes('\0') && it !== '.' && it !== '..');

describe('relative path', () => {
  it.each(['', '/etc/passwd', '../x', 'a/../b', 'a/..', '.', './a', 'a/./b', 'a//b', 'a/', 'a\0b'])(
    'does not accept %j as an id',
    (id) => {
      expect(parseId(id)).toBeUndefined();
    },
  );

  it('takes apart what it puts together', () => {
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), (names) => {
        expect(parseId(names.reduce(joinId, ''))).toEqual(names);
      }),
    );
  });

  it('names partition, container, folders and file', () => {
    expect(partitionOf('a/b/c.md')).toBe('a');
    expect(partitionOf('c.md')).toBe('.');
    expect(containerOf('a/b/c.md')).toBe('a/b');
    expect(containerOf('c.md')).toBe('.');
    expect(foldersOf('a/b/c.md')).toEqual(['a', 'a/b']);
    expect(foldersOf('c.md')).toEqual([]);
    expect(nameOf('a/b/c.md')).toBe('c.md');
  });
});
