import type { ServerResponse } from 'node:http';
import { isTransportFault, type Fault, type TransportFault } from './fault-rules.js';

const ERROR_PAGE =
  '<!DOCTYPE html><html><head><title>Server Error</title></head>' +
  '<body><h1>Server Error</h1><p>It looks like something went wrong.</p></body></html>';

/** A fault that needs no real answer, unlike `slow` and `truncate`. */
export type ImmediateFault = Fault & {
  readonly kind: Exclude<TransportFault, 'slow' | 'truncate'>;
};

export function isImmediate(fault: Fault): fault is ImmediateFault {
  return isTransportFault(fault.kind) && !['slow', 'truncate'].includes(fault.kind);
}

/**
 * Answers with a broken transport.
 * @param limitBody what the vendor sends with 429
 * @returns the status that was sent; null when nothing was
 */
export function sendFault(
  response: ServerResponse,
  fault: ImmediateFault,
  limitBody: string,
): number | null {
  const { kind, retryAfterSeconds } = fault;
  if (kind === 'hang') return null;
  if (kind === 'drop') {
    response.destroy();
    return null;
  }
  const status = kind === 'html' ? 200 : Number(kind);
  const limited = kind === '429';
  response.writeHead(status, {
    'content-type': limited ? 'application/json; charset=utf-8' : 'text/html; charset=utf-8',
    ...(retryAfterSeconds !== null && { 'retry-after': String(retryAfterSeconds) }),
  });
  response.end(limited ? limitBody : ERROR_PAGE);
  return status;
}

/** Promises the whole body, sends half of it and cuts the connection. */
export function sendTruncated(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: Uint8Array,
): void {
  response.writeHead(status, { ...headers, 'content-length': String(body.length) });
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
}
