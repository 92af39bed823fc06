import { BoundedCache } from './bounded-cache.js';

describe('BoundedCache', () => {
  it('computes a value once while it is in use', () => {
    const cache = new BoundedCache<number>(10, 10);
    const compute = jest.fn((key: string) => key.length);
    expect([cache.get('abc', compute), cache.get('abc', compute)]).toEqual([3, 3]);
    expect(compute).toHaveBeenCalledTimes(1);
  });

  it('never holds more than twice its capacity', () => {
    const cache = new BoundedCache<number>(10, 10);
    for (let i = 0; i < 1_000; i++) {
      cache.get(`k${i}`, Number.parseFloat);
      expect(cache.size).toBeLessThanOrEqual(20);
    }
  });

  it('keeps what is used between generations and forgets the rest', () => {
    const cache = new BoundedCache<number>(10, 10);
    const compute = jest.fn((key: string) => key.length);
    cache.get('hot', compute);
    cache.get('cold', compute);
    for (let i = 0; i < 50; i++) {
      cache.get(`k${i}`, compute);
      cache.get('hot', compute);
    }
    const misses = compute.mock.calls.length;
    cache.get('hot', compute);
    expect(compute).toHaveBeenCalledTimes(misses);
    cache.get('cold', compute);
    expect(compute).toHaveBeenCalledTimes(misses + 1);
  });

  it('does not keep long keys', () => {
    const cache = new BoundedCache<number>(10, 4);
    expect(cache.get('12345', Number)).toBe(12345);
    expect(cache.size).toBe(0);
  });
});
