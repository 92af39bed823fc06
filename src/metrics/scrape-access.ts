import { isIP } from 'node:net';
import { isSameKey } from '../auth/key-material.js';
import { AppError } from '../common/errors/app-error.js';
import type { Config } from '../config/config.js';

/** What a scrape says of itself. */
export interface Scraper {
  readonly authorization: string | undefined;
  /** Whether a proxy sent it on. */
  readonly forwarded: boolean;
}

/**
 * Metrics hold no tenant's data, but tell how busy the installation is. A server that listens on
 * this machine only answers whoever is on it; any other, and any proxy, needs the operator key.
 * @throws AppError `unauthorized`, `operator_only`
 */
export function requireScraper(
  { host, operatorKey }: Pick<Config, 'host' | 'operatorKey'>,
  { authorization, forwarded }: Scraper,
): void {
  if (isLoopback(host) && !forwarded && authorization === undefined) return;
  const [, token] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
  if (token === undefined)
    throw new AppError(
      'unauthorized',
      operatorKey
        ? 'Send the operator key: "Authorization: Bearer ...".'
        : 'Metrics are open on a loopback address only; set TRIBUTARY_OPERATOR_KEY and send it.',
    );
  if (!operatorKey || !isSameKey(token, operatorKey.reveal()))
    throw new AppError('operator_only', 'Metrics need the operator key.');
}

function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}
