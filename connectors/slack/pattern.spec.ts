import fc from 'fast-check';
import { matchesPattern } from './pattern.js';

describe('patterns of channel names', () => {
  it.each([
    ['general', 'general', true],
    ['#General', 'general', true],
    ['general', 'general-2', false],
    ['team-*', 'team-red', true],
    ['team-*', 'team', false],
    ['*-archive', 'team-archive', true],
    ['*a*b*', 'xxaxxbxx', true],
    ['*a*b', 'abab', true],
    ['*a*b', 'abba', false],
    ['t?am', 'team', true],
    ['t?am', 'tam', false],
    ['*', '', true],
    ['', 'team', false],
    ['a.c', 'abc', false],
    ['büro-*', 'BÜRO-1', true],
    ['?', '🚢', true],
  ])('%s and %s: %s', (pattern, name, matches) => {
    expect(matchesPattern(pattern, name)).toBe(matches);
  });

  it('mean what a regular expression of the same parts means', () => {
    const part = (...of: string[]) => fc.array(fc.constantFrom(...of), { maxLength: 8 });
    fc.assert(
      fc.property(part('a', 'b', '*', '?'), part('a', 'b'), (pattern, name) => {
        const parts = pattern.map((char) => ({ '*': '.*', '?': '.' })[char] ?? char);
        const expected = new RegExp(`^${parts.join('')}$`).test(name.join(''));
        expect(matchesPattern(pattern.join(''), name.join(''))).toBe(expected);
      }),
    );
  });

  it('take no time that grows with each star', () => {
    expect(matchesPattern(`${'*a'.repeat(100)}*b`, 'a'.repeat(500))).toBe(false);
  });
});
