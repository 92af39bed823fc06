import { queryInteger } from './query-schemas.js';
import { fastApiIssues } from './fastapi-issues.js';

describe('a whole number in a query', () => {
  const schema = queryInteger(1, 200, 50);
  const refusal = (text: string) => {
    const { error } = schema.safeParse(text);
    return error && fastApiIssues(error.issues, ['query', 'limit'], text);
  };

  it.each([
    [undefined, 50],
    ['1', 1],
    ['0200', 200],
  ])('reads %j as %d', (text, number) => {
    expect(schema.parse(text)).toBe(number);
  });

  it.each([
    ['201', 'less_than_equal'],
    ['9007199254740993', 'less_than_equal'],
    ['99999999999999999999', 'less_than_equal'],
    ['9'.repeat(400), 'less_than_equal'],
    ['0', 'greater_than_equal'],
    [`-${'9'.repeat(400)}`, 'greater_than_equal'],
    ['', 'string_pattern_mismatch'],
    ['1.5', 'string_pattern_mismatch'],
    ['1e2', 'string_pattern_mismatch'],
    ['ten', 'string_pattern_mismatch'],
  ])('refuses %s once and names the range', (text, type) => {
    const msg = 'must be a whole number from 1 to 200';
    expect(refusal(text)).toEqual([{ loc: ['query', 'limit'], msg, type }]);
  });
});
