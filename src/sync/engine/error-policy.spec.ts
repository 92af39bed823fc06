import {
  AuthError,
  ConfigError,
  RateLimitedError,
  TransientSourceError,
} from '../../../connectors/sdk/errors.js';
import { AppError } from '../../common/errors/app-error.js';
import { SpaceChanged } from '../../indexing/space-changed.js';
import { StoredDocumentsGone } from '../pages/removed-meanwhile.js';
import { backoff, judgeError, MAX_UPSTREAM_ATTEMPTS } from './error-policy.js';

const now = new Date('2026-05-08T12:00:00Z');

describe('judgeError', () => {
  it('parks a rate-limited run for exactly as long as the source asks', () => {
    const until = new Date('2026-05-08T12:15:00Z');
    const verdict = judgeError(new RateLimitedError('slow down', until, 'history'), now, 1);
    expect(verdict).toMatchObject({
      kind: 'park',
      waiting: { reason: 'rate_limited:history', seconds: 900 },
    });
  });

  it('parks a run while the embedder is down, however often that was', () => {
    const error = new AppError('embedder_unavailable', 'down', { retryAfter: 30 });
    expect(judgeError(error, now, 99)).toMatchObject({
      kind: 'park',
      waiting: { reason: 'embedder', seconds: 30 },
    });
  });

  it('parks a run whose rows others kept changing, however often that was', () => {
    const error = new AppError('database_busy', 'busy', { retryAfter: 1 });
    expect(judgeError(error, now, 1)).toMatchObject({
      kind: 'park',
      waiting: { reason: 'conflict', seconds: 5 },
      error: { code: 'database_busy', retryable: true },
    });
    expect(judgeError(error, now, 99)).toMatchObject({ kind: 'park', waiting: { seconds: 600 } });
  });

  it('goes on at once with a collection that got another model on the way', () => {
    expect(judgeError(new SpaceChanged('c'), now, 1)).toMatchObject({
      kind: 'park',
      waiting: { reason: 'conflict', seconds: 0 },
      error: { code: 'collection_reindexed', retryable: true },
    });
  });

  it('goes on at once where stored documents were erased on the way', () => {
    expect(judgeError(new StoredDocumentsGone(), now, 1)).toMatchObject({
      kind: 'park',
      waiting: { reason: 'conflict', seconds: 0 },
      error: { code: 'erased_meanwhile', retryable: true },
    });
  });

  it('parks for an unwell source with growing waits and then ends the run', () => {
    const error = new TransientSourceError('http_503', 'unwell');
    expect(judgeError(error, now, 1)).toMatchObject({ waiting: { reason: 'upstream' } });
    expect(judgeError(error, now, MAX_UPSTREAM_ATTEMPTS)).toMatchObject({
      kind: 'fail',
      connection: 'count',
    });
  });

  it('tells credentials and configuration from bugs', () => {
    expect(judgeError(new AuthError('token_revoked', 'no'), now, 1)).toMatchObject({
      connection: 'needs_auth',
      error: { code: 'token_revoked', retryable: false },
    });
    expect(judgeError(new ConfigError('folder_missing', 'no'), now, 1)).toMatchObject({
      connection: 'paused',
    });
    expect(judgeError(new TypeError('x is undefined'), now, 1)).toMatchObject({
      connection: 'count',
      error: { code: 'internal_error', message: 'x is undefined' },
    });
  });

  it('never waits longer than ten minutes by itself', () => {
    expect([1, 2, 3, 20].map(backoff)).toEqual([5, 10, 20, 600]);
  });
});
