import fc from 'fast-check';
import { storableJson, storableText } from './storable.js';

/** As JSON.stringify writes what PostgreSQL refuses. */
const REFUSED = /(^|[^\\])(\\\\)*\\u(0000|d[89a-f])/;

describe('storable JSON', () => {
  it('has neither NUL nor lone surrogates, whatever it is made of', () => {
    const key = fc.string({ unit: 'binary' });
    const value = fc.object({ key, values: [key, fc.integer(), fc.constant(null)], maxDepth: 3 });
    fc.assert(
      fc.property(value, (given) => {
        const json = storableJson(given);
        expect(json).not.toMatch(REFUSED);
        expect(storableJson(JSON.parse(json))).toBe(json);
      }),
    );
  });

  it('is that of JSON.stringify where nothing is refused', () => {
    const value = { text: 'a \u{1f680} \\ud83d', at: new Date(0), list: [1, null, undefined] };
    expect(storableJson(value)).toBe(JSON.stringify(value));
    expect(storableJson({ text: 'cut \ud83d\u0000' })).toBe('{"text":"cut \ufffd"}');
    expect(storableText('a\u0000b\ud83d')).toBe('ab\ufffd');
  });
});
