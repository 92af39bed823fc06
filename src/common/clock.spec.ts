import { hasPassed } from './clock.js';

describe('hasPassed', () => {
  it('is true once so many milliseconds lie between two looks at a clock', () => {
    expect(hasPassed(1000, 5000, 5999)).toBe(false);
    expect(hasPassed(1000, 5000, 6000)).toBe(true);
  });

  it('is true where the clock was set back: how long ago it was is not known any more', () => {
    expect(hasPassed(1000, 5000, 4999)).toBe(true);
  });
});
