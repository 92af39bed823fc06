import { z } from 'zod';
import { fastApiIssues } from './fastapi-issues.js';

const Body = z.strictObject({
  text: z.string().min(1).max(3),
  importance: z.number().min(0).max(1).optional(),
  tags: z.array(z.string()).max(1).optional(),
  mode: z.enum(['a', 'b']).optional(),
  id: z.uuid().optional(),
  at: z.iso.datetime().optional(),
});

function issuesOf(input: unknown) {
  return fastApiIssues(Body.safeParse(input).error?.issues ?? [], ['body'], input);
}

describe('fastApiIssues', () => {
  it.each([
    [{}, ['body', 'text'], 'missing'],
    [{ text: null }, ['body', 'text'], 'string_type'],
    [{ text: '' }, ['body', 'text'], 'string_too_short'],
    [{ text: 'long' }, ['body', 'text'], 'string_too_long'],
    [{ text: 'x', importance: 2 }, ['body', 'importance'], 'less_than_equal'],
    [{ text: 'x', importance: -1 }, ['body', 'importance'], 'greater_than_equal'],
    [{ text: 'x', tags: ['a', 'b'] }, ['body', 'tags'], 'too_long'],
    [{ text: 'x', tags: [1] }, ['body', 'tags', 0], 'string_type'],
    [{ text: 'x', mode: 'c' }, ['body', 'mode'], 'enum'],
    [{ text: 'x', id: 'c' }, ['body', 'id'], 'uuid_parsing'],
    [{ text: 'x', at: 'noon' }, ['body', 'at'], 'datetime_parsing'],
    [{ text: 'x', more: 1 }, ['body', 'more'], 'extra_forbidden'],
    [[], ['body'], 'object_type'],
  ])('of %j is %j: %s', (input, loc, type) => {
    expect(issuesOf(input)).toEqual([{ loc, msg: expect.any(String), type }]);
  });

  it('stops at fifty, however wrong a body is', () => {
    const input = { text: 'x', tags: Array.from({ length: 1000 }, () => 1) };
    expect(issuesOf(input).length).toBeLessThanOrEqual(50);
  });
});
