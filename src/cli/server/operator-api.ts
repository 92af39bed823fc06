import { Secret } from '../../common/secret.js';
import { CliError, usageError } from '../cli-error.js';
import type { CliContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { requireUrl } from './require-url.js';
import { ApiClient } from '../http/api-client.js';
import { TributaryApi } from '../http/tributary-api.js';

/** The server that commands of an operator are for; undefined: none was named. */
export function namedServer(context: CliContext): string | undefined {
  return context.options.url ?? (context.env['TRIBUTARY_URL'] || undefined);
}

/** The key that was passed, or that of the environment; undefined: neither. */
export function operatorKeyOf(context: CliContext, passed: string | undefined): string | undefined {
  return passed ?? (context.env['TRIBUTARY_OPERATOR_KEY'] || undefined);
}

/**
 * The named server with its operator key.
 * @throws CliError `usage_error` without a server or for what is no URL, `operator_key_missing` without a key
 */
export function operatorApi(context: CliContext, givenKey: string | undefined): TributaryApi {
  const url = namedServer(context);
  if (!url) throw usageError('this command needs the URL of a server (--url or TRIBUTARY_URL)');
  requireUrl(url);
  const key = operatorKeyOf(context, givenKey);
  if (!key)
    throw new CliError(
      'operator_key_missing',
      `no operator key for ${url}`,
      EXIT.auth,
      'Pass --operator-key or set TRIBUTARY_OPERATOR_KEY.',
    );
  const { clock, ids, signal } = context.runtime;
  return new TributaryApi(new ApiClient({ url, apiKey: new Secret(key), clock, ids, signal }));
}
