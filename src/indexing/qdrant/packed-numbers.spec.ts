import fc from 'fast-check';
import { packFloats, packIntegers, unpackFloats, unpackIntegers } from './packed-numbers.js';

describe('packed numbers', () => {
  it('come back as they were, wherever their bytes begin', () => {
    const floats = fc.float32Array({ noNaN: true });
    const shift = fc.integer({ min: 0, max: 7 });
    fc.assert(
      fc.property(floats, shift, (values, at) => {
        const shifted = Buffer.concat([Buffer.alloc(at), packFloats(values)]).subarray(at);
        expect(unpackFloats(shifted)).toEqual(values);
      }),
    );
    fc.assert(
      fc.property(fc.int32Array(), shift, (values, at) => {
        const shifted = Buffer.concat([Buffer.alloc(at), packIntegers(values)]).subarray(at);
        expect(unpackIntegers(shifted)).toEqual(values);
      }),
    );
  });

  it('are little-endian on every machine', () => {
    expect(packIntegers([1]).toString('hex')).toBe('01000000');
    expect(packFloats([1]).toString('hex')).toBe('0000803f');
  });
});
