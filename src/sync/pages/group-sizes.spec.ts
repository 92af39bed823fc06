import { GroupSizes } from './group-sizes.js';

const take = (sizes: GroupSizes, count: number) =>
  Array.from({ length: count }, () => sizes.next(20));

describe('sizes of groups', () => {
  it('are as large as may be in a first attempt', () => {
    expect(take(new GroupSizes(1), 2)).toEqual([20, 20]);
  });

  it('begin small and grow in a later one', () => {
    expect(take(new GroupSizes(2), 4)).toEqual([8, 16, 20, 20]);
  });
});
