import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AppError } from '../errors/app-error.js';

/** A refused body is read on up to here, since most clients read the answer only after sending. */
const DRAIN_BYTES = 64 * 1024 * 1024;

/**
 * The body of a request, unpacked, as fast as it is taken. Whoever stops early leaves the
 * connection usable: what is left of the body is read and dropped.
 * @param limit largest size in bytes, counted after decompression
 * @throws AppError `bad_request`, `body_too_large`, `unsupported_encoding`
 */
export async function* requestBytes(
  request: IncomingMessage,
  limit: number,
): AsyncGenerator<Uint8Array> {
  try {
    try {
      let size = Number(request.headers['content-length'] ?? 0);
      if (size > limit) throw tooLarge(limit);
      size = 0;
      const body = decoded(request);
      for await (const chunk of body.iterator({ destroyOnReturn: body !== request })) {
        size += (chunk as Buffer).length;
        if (size > limit) throw tooLarge(limit);
        yield chunk as Buffer;
      }
    } finally {
      await drain(request);
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('bad_request', 'The body cannot be read.', { cause });
  }
}

function tooLarge(limit: number): AppError {
  return new AppError('body_too_large', `The body may have at most ${limit} bytes here.`);
}

function decoded(request: IncomingMessage): Readable {
  const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding === 'identity') return request;
  if (encoding !== 'gzip') {
    throw new AppError('unsupported_encoding', `Content-Encoding ${encoding} is not supported.`);
  }
  const gunzip = createGunzip();
  request.once('error', (error) => gunzip.destroy(error));
  return request.pipe(gunzip);
}

async function drain(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return;
  request.unpipe();
  let left = DRAIN_BYTES;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    left -= (chunk as Buffer).length;
    if (left < 0) break;
  }
}
