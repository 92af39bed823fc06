import { QueryFailedError } from 'typeorm';
import { AppError } from '../common/errors/app-error.js';
import { isRetriable, translateDatabaseError } from './database-errors.js';

function failed(code: string, message = 'of the driver'): Error {
  const driverError = Object.assign(new Error(message), { code });
  return new QueryFailedError('select 1', [], driverError);
}

describe('translateDatabaseError', () => {
  it.each(['53100', 'ENOSPC'])('makes %s disk_full', (code) => {
    expect(translateDatabaseError(failed(code))).toMatchObject({ code: 'disk_full' });
  });

  it.each([
    'database_unavailable',
    '08006',
    '57P01',
    '57P03',
    '53300',
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
  ])('makes %s database_unavailable', (code) => {
    expect(translateDatabaseError(failed(code))).toMatchObject({
      code: 'database_unavailable',
      retryAfter: 1,
    });
  });

  it.each(['Connection terminated unexpectedly', 'timeout exceeded when trying to connect'])(
    'makes "%s", which has no code, database_unavailable',
    (message) => {
      expect(translateDatabaseError(new Error(message))).toMatchObject({
        code: 'database_unavailable',
      });
    },
  );

  it.each([
    ['3D000', 'database "notes" does not exist', 'createdb'],
    ['28000', 'role "alex" does not exist', 'role in DATABASE_URL'],
    ['28P01', 'password authentication failed for user "alex"', 'password in DATABASE_URL'],
  ])('makes %s configuration_invalid, with advice', (code, message, advice) => {
    expect(translateDatabaseError(failed(code, message))).toMatchObject({
      code: 'configuration_invalid',
      message: expect.stringMatching(`${message}.*${advice}`),
    });
  });

  it('looks into the errors of several addresses', () => {
    const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    expect(translateDatabaseError(new AggregateError([refused]))).toMatchObject({
      code: 'database_unavailable',
    });
  });

  it('keeps AppErrors and every other error as they are', () => {
    for (const error of [new AppError('rate_limited', 'x'), failed('23505'), new Error('y')]) {
      expect(translateDatabaseError(error)).toBe(error);
    }
    expect(translateDatabaseError('text')).toBe('text');
  });
});

describe('isRetriable', () => {
  it('is true of serialization failures and deadlocks alone', () => {
    expect(
      ['40001', '40P01', '23505', '57P01'].filter((code) => isRetriable(failed(code))),
    ).toEqual(['40001', '40P01']);
  });
});
