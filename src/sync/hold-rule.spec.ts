import { holdsDeletions } from './hold-rule.js';

const rule = (losses: Record<string, number>, live: Record<string, number>) => [
  ...holdsDeletions(new Map(Object.entries(losses)), new Map(Object.entries(live))),
];

describe('the rule that holds mass deletions', () => {
  it('lets a few deletions pass, whatever their share', () => {
    expect(rule({ a: 50 }, { '': 50, a: 50 })).toEqual([]);
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
