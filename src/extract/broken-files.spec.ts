import fc from 'fast-check';
import { ExtractionError, EXTRACTION_FAILURES } from './extractor.js';
import { PooledExtractor } from './pooled-extractor.js';
import { docx, paragraph, pdf, pptx, shape, xlsx } from './sample-files.contract.js';
import { SUPPORTED_MEDIA_TYPES } from './media-types.js';

const extractor = new PooledExtractor({ timeoutMs: 240_000 });
afterAll(() => extractor.close());

/** Ends in clean text, which may be none, or a named failure; anything else fails the test. */
async function endsWell(bytes: Uint8Array, mediaType: string): Promise<void> {
  try {
    const { text } = await extractor.extract(bytes, mediaType);
    expect(text).toBe(text.trimEnd());
    expect(text).not.toMatch(/[^\P{Cc}\t\n]|\p{Surrogate}/u);
  } catch (error) {
    expect(error).toBeInstanceOf(ExtractionError);
    expect(Object.keys(EXTRACTION_FAILURES)).toContain((error as ExtractionError).code);
  }
}

const SAMPLES = [
  docx({ title: 'Tea', body: paragraph('Some words') + paragraph('and more') }),
  xlsx({
    sheets: {
      Sheet: [
        ['Name', 'Age'],
        ['Ada', 36],
      ],
    },
  }),
  pptx({ slides: [shape(['Title'], 'title') + shape(['One', 'Two'])] }),
  pdf({ title: 'Tea', pages: [[{ text: 'Some words', y: 700 }], [{ text: 'more', y: 700 }]] }),
  Buffer.from('<html><title>x</title><table><tr><td>a<td>b</table><ul><li>c</html>'),
  Buffer.from('Name;Age\n"Ada";36\n"Alan"";41'),
];

describe('broken files', () => {
  it('of random bytes and any type end in text or a named failure', async () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 400 });
    await fc.assert(
      fc.asyncProperty(bytes, fc.constantFrom('', ...SUPPORTED_MEDIA_TYPES), endsWell),
      { numRuns: 100 },
    );
  });

  it('with a few wrong bytes or a missing end do too', async () => {
    const damage = fc.record({
      sample: fc.constantFrom(...SAMPLES),
      keep: fc.double({ min: 0.05, max: 1, noNaN: true }),
      flips: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), {
        maxLength: 6,
      }),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ sample, keep, flips }) => {
        const bytes = Buffer.from(sample.subarray(0, Math.ceil(sample.length * keep)));
        for (const [at, value] of flips) bytes[Math.floor(at * (bytes.length - 1))] = value;
        await endsWell(bytes, '');
      }),
      { numRuns: 50 },
    );
  });
});
