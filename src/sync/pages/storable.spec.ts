import fc from 'fast-check';
import type { SourceDocument } from '../../../connectors/sdk/contract.js';
import { storableText } from '../../common/storable.js';
import { storableDocument } from './storable.js';

const document = (more: Partial<SourceDocument>): SourceDocument => ({
  ...{ externalId: 'a', version: '1', partition: '.', parents: [], title: 'A' },
  ...{ url: null, author: null, container: null },
  times: { createdAt: null, updatedAt: null },
  access: { mode: 'public', principals: [] },
  metadata: {},
  body: { text: '' },
  ...more,
});

describe('storable labels', () => {
  it('have neither NUL nor lone surrogates, whatever the source sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.jsonValue(), (text, value) => {
        const stored = storableDocument(document({ title: text, metadata: { [text]: value } }));
        const json = JSON.stringify([stored.title, stored.metadata]);
        // As JSON.stringify writes what PostgreSQL refuses.
        expect(json).not.toMatch(/(^|[^\\])(\\\\)*\\u(0000|d[89a-f])/);
        expect(storableText(storableText(text))).toBe(storableText(text));
      }),
    );
    expect(storableText('a\u0000b\ud83d')).toBe('ab\ufffd');
  });

  it('are otherwise as they were', () => {
    const date = new Date('2026-05-08T12:00:00Z');
    const given = document({
      ...{ title: 'Caf\u00e9 \u{1f680}', url: 'https://example.org/a', author: 'Ann' },
      ...{ container: 'general', parents: ['x', 'y'] },
      access: { mode: 'restricted', principals: ['ann@example.org'] },
      metadata: { n: 1, no: null, yes: true, list: ['a', { b: 'c' }], date },
    });
    expect(storableDocument(given)).toEqual(given);
    expect(storableDocument(given).metadata['date']).toBe(date);
  });
});
