import fc from 'fast-check';
import { sharedMemory, SimdSum } from './simd-sum.js';
import { TokenTable, type TokenRows } from './token-table.js';

const TOKENS = 5;

/** Rows and weights as a model's file holds them, the weights wherever they come to stand. */
function tableOf(
  dimensions: number,
  seed: number,
  shift = 0,
): Required<Omit<TokenRows, 'mapping'>> {
  const memory = sharedMemory(shift + TOKENS * (4 + dimensions));
  const weights = new Float32Array(memory.buffer, shift, TOKENS);
  const rows = new Int8Array(memory.buffer, shift + 4 * TOKENS, TOKENS * dimensions);
  const random = fc.sample(fc.integer({ min: -128, max: 127 }), { numRuns: rows.length, seed });
  rows.set(random);
  weights.set([1, 0.25, 0, 3.5, -0.125]);
  return { dimensions, tokens: TOKENS, rows, weights, memory };
}

const plain = ({ memory: _, ...rows }: TokenRows): TokenTable => new TokenTable(rows);

describe('SimdSum', () => {
  it('is the sum that plain code makes, for texts of every length', () => {
    const ids = fc.array(fc.nat(TOKENS - 1), { maxLength: 3000, size: 'max' });
    const dimensions = fc.constantFrom(8, 64, 256, 1000);
    fc.assert(
      fc.property(ids, dimensions, fc.constantFrom(0, 4, 12), (list, width, shift) => {
        const table = tableOf(width, list.length, shift);
        expect(SimdSum.forTable(table, 0)).not.toBeNull();
        const all = Int32Array.from(list);
        const count = Math.ceil(list.length * 0.9);
        const [quick, slow] = [new TokenTable(table), plain(table)].map((one) =>
          one.embed(all, count),
        );
        expect(quick).toHaveLength(width);
        quick!.forEach((value, at) => expect(value).toBeCloseTo(slow![at]!, 5));
      }),
      { numRuns: 60 },
    );
  });

  it('of one thread leaves alone what the other one sums', () => {
    const table = tableOf(256, 1);
    const [one, other] = [new TokenTable(table, 0), new TokenTable(table, 1)];
    const [cats, dogs] = [Int32Array.of(0, 1), Int32Array.of(3)];
    const before = one.embed(cats, 2);
    expect(other.embed(dogs, 1)).not.toEqual(before);
    expect(one.embed(cats, 2)).toEqual(before);
    expect([...table.weights]).toEqual([1, 0.25, 0, 3.5, -0.125]);
  });

  it.each<[string, (table: ReturnType<typeof tableOf>) => TokenRows]>([
    ['wider values', (table) => ({ ...table, rows: new Float32Array(TOKENS * 16) })],
    ['no weights', ({ weights: _, ...table }) => table],
    ['a mapping', (table) => ({ ...table, mapping: new Int32Array(TOKENS) })],
    ['weights that were converted', (table) => ({ ...table, weights: new Float32Array(TOKENS) })],
    ['rows elsewhere', (table) => ({ ...table, rows: new Int8Array(TOKENS * 16) })],
    ['no memory', ({ memory: _, ...table }) => table],
  ])('leaves to plain code a table with %s', (_what, change) => {
    expect(SimdSum.forTable(change(tableOf(16, 1)), 0)).toBeNull();
  });

  it.each([12, 15_368])('leaves rows of %i values to plain code', (dimensions) => {
    expect(SimdSum.forTable(tableOf(dimensions, 1), 0)).toBeNull();
  });

  it('takes the widest rows that fit beside the ids of a text', () => {
    const table = tableOf(15_360, 1);
    const ids = Int32Array.of(0, 1, 3);
    const [quick, slow] = [new TokenTable(table), plain(table)].map((one) => one.embed(ids, 3));
    quick!.forEach((value, at) => expect(value).toBeCloseTo(slow![at]!, 5));
  });
});
