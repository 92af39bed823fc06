import fc from 'fast-check';
import { labelsOf } from './point-labels.js';

const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
const key = fc.string({ minLength: 1, maxLength: 8 });

/** A value and something that it contains in the sense of `@>`. */
const nested = fc.letrec<{ value: [unknown, unknown] }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar.map((one): [unknown, unknown] => [one, one]),
    fc
      .tuple(fc.array(tie('value'), { maxLength: 4 }), fc.nat(4))
      .map(([all, take]): [unknown, unknown] => [
        all.map(([whole]) => whole),
        all.slice(0, take).map(([, part]) => part),
      ]),
    fc
      .tuple(fc.dictionary(key, tie('value'), { maxKeys: 4 }), fc.nat(4))
      .map(([all, take]): [unknown, unknown] => {
        const entries = Object.entries(all);
        return [
          Object.fromEntries(entries.map(([name, [whole]]) => [name, whole])),
          Object.fromEntries(entries.slice(0, take).map(([name, [, part]]) => [name, part])),
        ];
      }),
  ),
})).value;

describe('labels', () => {
  it('name field and value', () => {
    expect(labelsOf({ category: 'fact', containerTag: null, author: 'ana' })).toEqual([
      'category=fact',
      'author=ana',
    ]);
  });

  it('name the path of a value in the metadata, through arrays', () => {
    const metadata = { a: { b: [1, { 'c/d': true }] }, e: null };
    expect(labelsOf({ metadata })).toEqual([
      'metadata/a/b=1',
      'metadata/a/b/c~1d=true',
      'metadata/e=null',
    ]);
  });

  it('tell a number from its text', () => {
    expect(labelsOf({ metadata: { a: 1 } })).not.toEqual(labelsOf({ metadata: { a: '1' } }));
  });

  it('of whatever a value contains are among its own, so that no match is lost', () => {
    fc.assert(
      fc.property(fc.dictionary(key, nested, { maxKeys: 4 }), (pairs) => {
        const wholes = Object.entries(pairs).map(([name, [whole]]) => [name, whole]);
        const parts = Object.entries(pairs).map(([name, [, part]]) => [name, part]);
        const whole = labelsOf({ metadata: Object.fromEntries(wholes) });
        const part = labelsOf({ metadata: Object.fromEntries(parts) });
        expect(whole).toEqual(expect.arrayContaining(part));
      }),
    );
  });

  it('stay short however long the value is, and still tell values apart', () => {
    const [one] = labelsOf({ author: 'x'.repeat(5000) });
    const [other] = labelsOf({ author: `${'x'.repeat(4999)}y` });
    expect(one!.length).toBeLessThan(64);
    expect(one).not.toBe(other);
  });
});
