import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AppError } from '../errors/app-error.js';
import { requestBytes } from './request-bytes.js';

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
  const chunks: Uint8Array[] = [];
  for await (const chunk of requestBytes(request, limit)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
