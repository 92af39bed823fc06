import { holdsDeletions } from './hold-rule.js';

const rule = (losses: Record<string, number>, live: Record<string, number>) => [
  ...holdsDeletions(new Map(Object.entries(losses)), new Map(Object.entries(live))),
];

describe('the rule that holds mass deletions', () => {
  it('lets a few deletions pass, whatever their share', () => {
    expect(rule({ a: 50 }, { '': 51, a: 50, b: 1 })).toEqual([]);
  });

  it('holds the loss of everything, unless there were only a few', () => {
    expect(rule({ a: 10, b: 1 }, { '': 11, a: 10, b: 1 })).toEqual(['a', 'b']);
    expect(rule({ a: 9, b: 1 }, { '': 10, a: 9, b: 1 })).toEqual([]);
  });

  it('lets many deletions pass when they are a small share', () => {
    expect(rule({ a: 200 }, { '': 1000, a: 1000 })).toEqual([]);
  });

  it('holds the partition that loses over 20 % and over 50 documents', () => {
    expect(rule({ a: 51, b: 1 }, { '': 10_000, a: 200, b: 9800 })).toEqual(['a']);
  });

  it('holds everything when the connection as a whole loses too much', () => {
    expect(rule({ a: 30, b: 30, c: 0 }, { '': 100, a: 40, b: 40, c: 20 })).toEqual(['a', 'b']);
  });
});
