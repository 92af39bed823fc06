import fc from 'fast-check';
import { ExtractionError } from './extractor.js';
import { EXPANSION_RATIO_FLOOR_BYTES, MAX_EXPANDED_BYTES, MAX_ZIP_ENTRIES } from './limits.js';
import { withClaimedSize, zip } from './sample-files.contract.js';
import { ZipArchive } from './zip-archive.js';

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'none';
  } catch (error) {
    expect(error).toBeInstanceOf(ExtractionError);
    return (error as ExtractionError).code;
  }
};

describe('ZipArchive', () => {
  it('gives back what was packed, whole or its first bytes', () => {
    const content = fc.uint8Array({ maxLength: 2000 });
    fc.assert(
      fc.property(content, fc.constantFrom(0 as const, 9 as const), (bytes, level) => {
        const archive = new ZipArchive(zip({ 'a/b.bin': bytes, other: 'x' }, level));
        expect(archive.names()).toEqual(['a/b.bin', 'other']);
        expect(Buffer.from(archive.read('a/b.bin'))).toEqual(Buffer.from(bytes));
        expect(Buffer.from(archive.read('a/b.bin', 7))).toEqual(Buffer.from(bytes.subarray(0, 7)));
      }),
    );
  });

  it('finds its entries behind bytes that were put in front', () => {
    const archive = new ZipArchive(Buffer.concat([Buffer.from('stub'), zip({ a: 'text' })]));
    expect(Buffer.from(archive.read('a')).toString()).toBe('text');
  });

  it('refuses a directory that promises too much, before anything is unpacked', () => {
    const small = zip({ a: 'x' });
    expect(codeOf(() => new ZipArchive(withClaimedSize(small, MAX_EXPANDED_BYTES + 1)))).toBe(
      'expansion_limit',
    );
    const floor = EXPANSION_RATIO_FLOOR_BYTES;
    expect(codeOf(() => new ZipArchive(withClaimedSize(small, floor + 1)))).toBe('expansion_limit');
    expect(codeOf(() => new ZipArchive(withClaimedSize(small, floor)))).toBe('none');
  });

  it('refuses an entry that unpacks to more than the directory says', () => {
    const bomb = withClaimedSize(zip({ a: new Uint8Array(20_000_000) }), 1000);
    const archive = new ZipArchive(bomb);
    expect(codeOf(() => archive.read('a'))).toBe('expansion_limit');
  });

  it('calls an entry that unpacks to less damaged', () => {
    const archive = new ZipArchive(withClaimedSize(zip({ a: 'some text' }), 1000));
    expect(codeOf(() => archive.read('a'))).toBe('corrupt');
  });

  it('limits the number of entries', () => {
    const names = Array.from({ length: MAX_ZIP_ENTRIES + 1 }, (_, i) => [`f${i}`, ''] as const);
    const many = zip(Object.fromEntries(names), 0);
    expect(codeOf(() => new ZipArchive(many))).toBe('expansion_limit');
  });

  it('tells an encrypted entry', () => {
    const encrypted = Buffer.from(zip({ a: 'x' }));
    const directory = encrypted.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));
    encrypted[directory + 8]! |= 1;
    expect(codeOf(() => new ZipArchive(encrypted).read('a'))).toBe('encrypted');
  });

  it('names every way of being broken', () => {
    const whole = zip({ 'a.xml': '<a>text</a>'.repeat(50), b: 'more' });
    const damage = fc.record({
      cut: fc.nat(whole.length),
      flips: fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(damage, ({ cut, flips }) => {
        const bytes = Buffer.from(whole.subarray(0, cut));
        for (const [at, value] of flips) if (at < cut) bytes[at] = value;
        const code = codeOf(() => {
          const archive = new ZipArchive(bytes);
          archive.names().forEach((name) => archive.read(name));
        });
        expect(['none', 'corrupt', 'encrypted', 'expansion_limit']).toContain(code);
      }),
      { numRuns: 500 },
    );
  });
});
