import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRequestError } from '@slack/web-api';
import { AuthError, ConfigError } from '../sdk/errors.js';
import { classifySlackError as classify, SlackRateLimit, SlackRefusal } from './slack-errors.js';

const NOW = new Date(0);
const classifySlackError = (error: unknown) => classify(error, NOW);

const answer = (error: unknown, more: object = {}) =>
  new WebAPIPlatformError({ ok: false, error, ...more } as never);

describe('errors of Slack', () => {
  it.each(['token_revoked', 'invalid_auth', 'account_inactive', 'token_expired', 'not_authed'])(
    '%s means that the token does not work',
    (code) => {
      const fault = classifySlackError(answer(code));
      expect(fault).toMatchObject({ kind: 'fatal', error: { code } });
      expect(fault.kind === 'fatal' && fault.error).toBeInstanceOf(AuthError);
    },
  );

  it('names the scope that is missing', () => {
    const fault = classifySlackError(answer('missing_scope', { needed: 'groups:history' }));
    const error = fault.kind === 'fatal' ? fault.error : undefined;
    expect(error).toBeInstanceOf(ConfigError);
    expect(error?.message).toContain('groups:history');
  });

  it.each([{}, { needed: '' }, { needed: 5 }])(
    'tells of a scope that Slack does not name',
    (more) => {
      const fault = classifySlackError(answer('missing_scope', more));
      const error = fault.kind === 'fatal' ? fault.error : undefined;
      expect(error).toBeInstanceOf(ConfigError);
      expect(error?.message).toMatch(
        /^The app lacks a scope, which Slack does not name\. Add it under/,
      );
    },
  );

  it('knows a rate limit in any shape', () => {
    const headers = { response_metadata: { retryAfter: 7 } };
    expect(classifySlackError(answer('ratelimited', headers))).toEqual({
      kind: 'rate_limited',
      retryAfterSeconds: 7,
    });
    const inside = new WebAPIRequestError(new SlackRateLimit(null));
    expect(classifySlackError(inside)).toEqual({ kind: 'rate_limited', retryAfterSeconds: null });
  });

  it.each([
    ['internal_error', 'internal_error'],
    ['fatal_error', 'fatal_error'],
    ['<!DOCTYPE html><html>Sorry</html>', 'malformed_answer'],
    ['', 'malformed_answer'],
  ])('takes %j for a trouble that passes', (error, code) => {
    expect(classifySlackError(answer(error))).toMatchObject({ kind: 'transient', code });
  });

  it('takes a connection that breaks for a trouble that passes', () => {
    const error = new WebAPIRequestError(new TypeError('terminated'));
    expect(classifySlackError(error)).toMatchObject({ kind: 'transient' });
    expect(classifySlackError(new TypeError('terminated'))).toMatchObject({ kind: 'transient' });
  });

  it('hears how long a server that is down asks to wait', () => {
    const error = new WebAPIHTTPError(503, 'Unavailable', { 'retry-after': '40' }, 'down');
    expect(classifySlackError(error)).toMatchObject({
      kind: 'transient',
      code: 'http_503',
      status: 503,
      retryAfterSeconds: 40,
    });
  });

  it('leaves other refusals to those who asked', () => {
    const fault = classifySlackError(answer('thread_not_found'));
    expect(fault.kind === 'fatal' && fault.error).toBeInstanceOf(SlackRefusal);
  });
});
