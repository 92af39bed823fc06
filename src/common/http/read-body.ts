import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AppError } from '../errors/app-error.js';

/** A refused body is read on up to here, since most clients read the answer only after sending. */
const DRAIN_BYTES = 64 * 1024 * 1024;

export interface JsonBody {
  value: unknown;
  /** SHA-256 of the bytes as sent (after decompression). */
  hash: Buffer;
}

/**
 * Reads a JSON body of at most `limit` bytes, counted after decompression. An empty body reads as
 * `{}`, so that a missing one fails on its missing fields. The Content-Type is not looked at: the
 * API speaks nothing but JSON, and `curl -d` says otherwise by default.
 * @throws AppError `bad_json`, `bad_request`, `body_too_large`, `unsupported_encoding`
 */
export async function readJsonBody(request: IncomingMessage, limit: number): Promise<JsonBody> {
  const bytes = await readBytes(request, limit);
  const hash = createHash('sha256').update(bytes).digest();
  if (bytes.length === 0) return { value: {}, hash };
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { value: JSON.parse(text) as unknown, hash };
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? cause.message : 'not UTF-8';
    throw new AppError('bad_json', `The body is not valid JSON: ${reason}`, { cause });
  }
}

async function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = Number(request.headers['content-length'] ?? 0);
  try {
    if (size <= limit) {
      size = 0;
      for await (const chunk of decoded(request).iterator({ destroyOnReturn: false })) {
        size += (chunk as Buffer).length;
        if (size > limit) break;
        chunks.push(chunk as Buffer);
      }
    }
    if (size > limit) await drain(request);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('bad_request', 'The body cannot be read.', { cause });
  }
  if (size <= limit) return Buffer.concat(chunks);
  throw new AppError('body_too_large', `The body may have at most ${limit} bytes here.`);
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
  request.unpipe();
  let left = DRAIN_BYTES;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    left -= (chunk as Buffer).length;
    if (left < 0) break;
  }
}
