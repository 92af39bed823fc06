import { QdrantClientTimeoutError } from '@qdrant/js-client-rest';
import { type AppError } from '../../common/errors/app-error.js';
import {
  MayBeDoneLater,
  QdrantCollectionMissing,
  QdrantRefusal,
  translateQdrantError,
  type WrongSetting,
} from './qdrant-errors.js';

/** As the client throws it for a status other than 200 that it parsed. */
const apiError = (status: number, error = 'told') =>
  Object.assign(new Error('Not OK'), { status, data: { status: { error } } });

describe('errors of Qdrant', () => {
  it('tell a missing collection', () => {
    expect(translateQdrantError(apiError(404))).toBeInstanceOf(QdrantCollectionMissing);
  });

  it.each([
    ['a proxy that has no such path', { detail: 'Not Found' }],
    ['a page', '<html>Not Found</html>'],
    ['nothing', ''],
  ])('do not take %s for a missing collection', (_, data) => {
    const error = Object.assign(new Error('Not Found'), { status: 404, data });
    expect(translateQdrantError(error)).toMatchObject({
      code: 'index_unavailable',
      message: expect.stringContaining('404'),
    });
  });

  it.each([400, 409, 413, 422])('are refusals with the reason for %d', (status) => {
    const error = translateQdrantError(apiError(status, 'Wrong input'));
    expect(error).toBeInstanceOf(QdrantRefusal);
    expect(error.message).toContain('Wrong input');
  });

  it.each([401, 403, 405, 408, 429, 500, 503])(
    'are an index that is unavailable for %d',
    (status) => {
      expect(translateQdrantError(apiError(status))).toMatchObject({ code: 'index_unavailable' });
    },
  );

  it('name the setting of a key that is refused or missing, with the reason', () => {
    const message = (status: number, hasKey: boolean): string =>
      translateQdrantError(apiError(status, 'Global access is required'), { hasKey }).message;
    expect(message(403, true)).toBe(
      'The vector index refuses the key of QDRANT_API_KEY (Global access is required)',
    );
    expect(message(401, false)).toMatch(/^The vector index wants a key; set QDRANT_API_KEY/);
  });

  it('tell where something else answers, to operators with its address', () => {
    const error = translateQdrantError(new Error('Result came uninitialized')) as WrongSetting;
    expect(error).toMatchObject({ code: 'index_unavailable' });
    expect(error.message).toMatch(/^What answers at the address of .* is no Qdrant/);
    expect(error.at('http://qdrant:6333')).toBe(
      'what answers at http://qdrant:6333 is no Qdrant; look at QDRANT_URL',
    );
  });

  it('tell what may be done later, since nobody waited for it any more', () => {
    const error = translateQdrantError(new QdrantClientTimeoutError('aborted'));
    expect(error).toBeInstanceOf(MayBeDoneLater);
    expect(error).toMatchObject({ code: 'index_unavailable' });
  });

  it('keep the pause that a 429 asks for', () => {
    const error = Object.assign(new Error('slow down'), { retry_after: 7 });
    expect((translateQdrantError(error) as AppError).retryAfter).toBe(7);
  });

  it('read the status out of an answer that the client did not expect', () => {
    const error = new Error('Unexpected Response: 502 (Bad Gateway)\nRaw response content:\n');
    expect(translateQdrantError(error)).toMatchObject({ code: 'index_unavailable' });
  });

  it('name the code of a broken connection and nothing of the address', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1'), {
      code: 'ECONNREFUSED',
    });
    const error = translateQdrantError(new TypeError('fetch failed', { cause }));
    expect(error).toMatchObject({ code: 'index_unavailable' });
    expect(error.message).toBe('The vector index does not answer: ECONNREFUSED');
  });
});
