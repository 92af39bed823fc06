import { GroupSizes } from './group-sizes.js';

const take = (sizes: GroupSizes, count: number) =>
  Array.from({ length: count }, () => sizes.next(100));

describe('sizes of groups', () => {
  it('begin small and grow to what may be', () => {
    expect(take(new GroupSizes(1), 4)).toEqual([32, 64, 100, 100]);
  });

  it('begin smaller in a later attempt', () => {
    expect(take(new GroupSizes(2), 5)).toEqual([8, 16, 32, 64, 100]);
  });
});
