import { inspect } from 'node:util';
import { ConnectorError } from '../../connectors/sdk/errors.js';

/** Text with every known secret taken out. */
export type Redact = (text: string) => string;

const LOOK_DEPTH = 8;
const CAUSES = 8;

/**
 * An error without the secrets that are in its message, stack, causes or anything that hangs on it
 * (clients of vendors attach the request with its headers). One that has none stays as it is; of
 * others only what people need is kept, in the class that says what happens next.
 */
export function redactedError(error: unknown, redact: Redact, left = CAUSES): unknown {
  if (typeof error === 'string') return redact(error);
  if (!(error instanceof Error)) return hasSecret(error, redact) ? new Error('[secret]') : error;
  if (!hasSecret(error, redact)) return error;
  const cause = error.cause === undefined || left === 0 ? undefined : error.cause;
  const clean = error instanceof ConnectorError ? error : new Error('');
  if (clean !== error) keepNames(clean, error);
  const message = redact(error.message);
  const stack = redact(error.stack ?? '');
  Object.defineProperties(clean, {
    message: { value: message, configurable: true, writable: true },
    stack: { value: stack, configurable: true, writable: true },
    cause: {
      value: cause === undefined ? undefined : redactedError(cause, redact, left - 1),
      configurable: true,
      writable: true,
    },
  });
  return clean;
}

/** What logs and the error policy look at beside the text. */
function keepNames(clean: Error, error: Error): void {
  clean.name = error.name;
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === 'string') Object.assign(clean, { code });
}

function hasSecret(value: unknown, redact: Redact): boolean {
  const seen = inspect(value, {
    depth: LOOK_DEPTH,
    maxArrayLength: null,
    maxStringLength: null,
    breakLength: Infinity,
    getters: false,
    showHidden: true,
  });
  return redact(seen) !== seen;
}
