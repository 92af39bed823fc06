import { CommanderError } from 'commander';
import { AppError } from '../common/errors/app-error.js';
import { ERROR_CODES } from '../common/errors/error-codes.js';
import { ApiError, CliError, interrupted, reportError, usageError } from './cli-error.js';
import { EXIT, EXIT_MEANINGS, exitCodeOfRuns, exitCodeOfStatus } from './exit-codes.js';

describe('exit codes', () => {
  it.each([
    ['unauthorized', EXIT.auth],
    ['collection_forbidden', EXIT.auth],
    ['connection_not_found', EXIT.notFound],
    ['connection_paused', EXIT.conflict],
    ['validation_failed', EXIT.usage],
    ['body_too_large', EXIT.usage],
    ['path_not_allowed', EXIT.usage],
    ['configuration_invalid', EXIT.usage],
    ['rate_limited', EXIT.unavailable],
    ['database_busy', EXIT.unavailable],
    ['data_directory_in_use', EXIT.unavailable],
    ['disk_full', EXIT.failure],
    ['backup_failed', EXIT.failure],
    ['internal_error', EXIT.failure],
  ] as const)('exits for %s with %d', (code, exit) => {
    expect(exitCodeOfStatus(ERROR_CODES[code].status, code)).toBe(exit);
    expect(reportError(new AppError(code, 'It is so.')).exitCode).toBe(exit);
  });

  it('has a meaning for every code and never exits with 0 for an error', () => {
    expect(EXIT_MEANINGS.map(([code]) => code)).toEqual(Object.values(EXIT));
    for (const [code, { status }] of Object.entries(ERROR_CODES)) {
      expect(exitCodeOfStatus(status, code)).not.toBe(EXIT.ok);
    }
  });

  it('tells the worst of several runs', () => {
    expect(exitCodeOfRuns(['success', 'success'])).toBe(EXIT.ok);
    expect(exitCodeOfRuns(['success', 'partial'])).toBe(EXIT.runPartial);
    expect(exitCodeOfRuns(['partial', 'error'])).toBe(EXIT.runFailed);
    expect(exitCodeOfRuns(['cancelled'])).toBe(EXIT.runFailed);
  });
});

describe('error report', () => {
  it('is one line with the code, then the hint', () => {
    const error = new CliError('api_key_missing', 'no API key.', EXIT.auth, 'Pass --api-key.');
    expect(reportError(error)).toEqual({
      lines: ['error: no API key (api_key_missing)', 'Pass --api-key.'],
      exitCode: EXIT.auth,
    });
    expect(reportError(usageError('no text')).exitCode).toBe(EXIT.usage);
  });

  it('names the request of a failure inside the server, and of no other', () => {
    const broken = new ApiError(500, 'internal_error', 'Something went wrong.', 'r-1');
    expect(reportError(broken).lines).toEqual([
      'error: Something went wrong (internal_error)',
      'request id: r-1',
    ]);
    expect(reportError(new ApiError(404, 'run_not_found', 'No.', 'r-1')).lines).toHaveLength(1);
  });

  it('says nothing more about what commander has said, nor about Ctrl-C', () => {
    expect(reportError(new CommanderError(1, 'commander.unknownOption', 'x'))).toEqual({
      lines: [],
      exitCode: EXIT.usage,
    });
    expect(reportError(new CommanderError(0, 'commander.help', ''))).toEqual({
      lines: [],
      exitCode: EXIT.ok,
    });
    expect(reportError(interrupted())).toEqual({ lines: [], exitCode: EXIT.interrupted });
  });

  it('shows where an unexpected error comes from', () => {
    const [first, second] = reportError(new TypeError('x is not a function')).lines;
    expect(first).toBe('error: x is not a function (unexpected_error)');
    expect(second).toMatch(/^ {4}at /);
    const system = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    expect(reportError(system).lines).toEqual(['error: EACCES: permission denied (EACCES)']);
  });
});
