import type { ObservedAttempt } from '../../../connectors/sdk/paced-calls.js';
import { redact } from '../../common/redact.js';
import type { Secret } from '../../common/secret.js';
import { storableText } from '../../common/storable.js';
import type { LoggedRequest } from '../../runs/request-log.js';

const MAX_TARGET = 300;
const MAX_ERROR = 500;

/** A line of the request log: no secrets, nothing that cannot be stored, no novels. */
export function toLoggedRequest(
  { message, ...attempt }: ObservedAttempt,
  secrets: readonly Secret<string>[],
): LoggedRequest {
  const clean = (text: string, most: number): string =>
    storableText(redact(text, secrets).slice(0, most));
  return {
    ...attempt,
    method: clean(attempt.method, MAX_TARGET),
    target: attempt.target === null ? null : clean(attempt.target, MAX_TARGET),
    error: message === null ? null : clean(message, MAX_ERROR),
    durationMs: Math.round(attempt.durationMs),
    waitMs: Math.round(attempt.waitMs),
  };
}
