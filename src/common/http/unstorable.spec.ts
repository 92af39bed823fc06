import fc from 'fast-check';
import { unstorable } from './unstorable.js';

describe('unstorable', () => {
  it('finds nothing in any JSON value of well-formed text', () => {
    const wellFormed = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', ''));
    const key = wellFormed.filter((text) => text !== '__proto__');
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        wellFormed,
        fc.integer(),
        fc.constant(null),
        fc.array(tie('value')),
        fc.dictionary(key, tie('value')),
      ),
    }));
    fc.assert(fc.property(value, (given) => unstorable(given, ['body']).length === 0));
  });

  it.each([
    ['{"a": [1, -1e400]}', ['body', 'a', 1], 'finite_number'],
    ['{"a": {"__proto__": {"b": 1}}}', ['body', 'a'], 'value_error'],
  ])('finds what would be stored as something else: %s', (json, loc, type) => {
    expect(unstorable(JSON.parse(json), ['body'])).toMatchObject([{ loc, type }]);
  });

  it('finds NUL and lone surrogates at any place and names the place', () => {
    const bad = fc.constantFrom('\0', '\ud800', '\udc00', 'a\ud83dz');
    fc.assert(
      fc.property(bad, fc.nat(20), (text, at) => {
        const items = Array.from({ length: 21 }, (_, index) => (index === at ? text : 'fine 😀'));
        const found = unstorable({ items }, ['body']);
        expect(found.map(({ loc }) => loc)).toEqual([['body', 'items', at]]);
      }),
    );
  });
});
