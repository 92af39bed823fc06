import { QueryFailedError } from 'typeorm';
import { loggedError } from './logged-error.js';

describe('an error in the log', () => {
  it('shows message, stack, code and causes', () => {
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const error = new TypeError('fetch failed', { cause });
    expect(loggedError(error)).toEqual({
      ...{ type: 'TypeError', message: 'fetch failed', stack: error.stack },
      cause: { type: 'Error', message: 'refused', stack: cause.stack, code: 'ECONNREFUSED' },
    });
    const several = new AggregateError([cause, 'odd'], 'two');
    expect(loggedError(several)).toMatchObject({ errors: [{ code: 'ECONNREFUSED' }, 'odd'] });
    expect(loggedError('no error')).toBe('no error');
  });

  it('shows nothing of the rows that a statement was about', () => {
    const driver = Object.assign(new Error('duplicate key value violates a constraint'), {
      ...{ code: '23505', table: 'memories', constraint: 'memories_pkey' },
      ...{ detail: 'Key (text)=(a private word) already exists.', where: 'a private word' },
    });
    const error = new QueryFailedError('insert into memories', ['a private word'], driver);
    const wrapped = new Error('not stored', { cause: error });
    const json = JSON.stringify(loggedError(wrapped));
    expect(json).not.toContain('a private word');
    expect(json).not.toContain('insert into');
    expect(loggedError(wrapped)).toMatchObject({
      cause: { type: 'QueryFailedError', code: '23505', constraint: 'memories_pkey' },
    });
  });

  it('ends for an error that is its own cause', () => {
    const error = new Error('round');
    error.cause = error;
    expect(JSON.stringify(loggedError(error))).toContain('round');
  });
});
