import { AppError } from './app-error.js';
import { Lifecycle } from '../http/lifecycle.js';
import { logFailure } from './log-failure.js';

describe('The log of failed background work', () => {
  const error = jest.fn();
  beforeEach(() => error.mockClear());

  it('has what went wrong', () => {
    const busy = new AppError('database_busy', 'Busy.');
    logFailure({ error }, 'purge failed', busy);
    expect(error).toHaveBeenCalledWith({ msg: 'purge failed', error: busy });
  });

  it('leaves out that the server is stopping, whoever noticed it', () => {
    const lifecycle = new Lifecycle();
    lifecycle.stop();
    logFailure({ error }, 'purge failed', lifecycle.stopping.reason);
    logFailure({ error }, 'purge failed', new AppError('shutting_down', 'Closed.'));
    expect(error).not.toHaveBeenCalled();
  });
});
