import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from '@slack/web-api';
import type { CallFault } from '../sdk/calls.js';
import {
  AuthError,
  ConfigError,
  ConnectorError,
  ItemError,
  TransientSourceError,
} from '../sdk/errors.js';
import { retryAfterSeconds } from '../sdk/retry-after.js';

/** Slack understood the call and refused it, e.g. `channel_not_found`; the code is Slack's. */
export class SlackRefusal extends ItemError {}

/** The source asked to wait, found while its answer was read. */
export class SlackRateLimit extends Error {
  constructor(readonly retryAfterSeconds: number | null) {
    super('ratelimited');
  }
}

const AUTH: Readonly<Record<string, string>> = {
  token_revoked: 'The token was revoked.',
  token_expired: 'The token has expired.',
  invalid_auth: 'Slack does not accept the token.',
  not_authed: 'Slack does not accept the token.',
  account_inactive: 'The app was removed from the workspace, or its workspace was deleted.',
  org_login_required:
    'The workspace moved into an organisation; the app has to be installed again.',
};

const CONFIG: Readonly<Record<string, string>> = {
  not_allowed_token_type: 'This kind of token cannot read channels; a bot token (xoxb-) can.',
  ekm_access_denied: 'The organisation has suspended access by its encryption keys.',
  enterprise_is_restricted: 'The organisation does not allow this call.',
  team_access_not_granted: 'The app was not granted access to this workspace.',
};

/** Slack's own trouble: https://docs.slack.dev/apis/web-api/#errors */
const TRANSIENT = new Set([
  ...['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout'],
  ...['team_added_to_org', 'external_channel_migrating', 'fetch_members_failed'],
]);

type TransientFault = Extract<CallFault, { kind: 'transient' }>;

/** What an error of the client or of a download means for the run. */
export function classifySlackError(error: unknown, now: Date): CallFault {
  if (error instanceof TransientSourceError) {
    const { code, message, retryAfterSeconds: told } = error;
    return { ...transient(code, message), ...(told !== undefined && { retryAfterSeconds: told }) };
  }
  if (error instanceof ConnectorError) return { kind: 'fatal', error };
  if (error instanceof SlackRateLimit)
    return { kind: 'rate_limited', retryAfterSeconds: error.retryAfterSeconds };
  if (error instanceof WebAPIRateLimitedError)
    return { kind: 'rate_limited', retryAfterSeconds: error.retryAfter };
  if (error instanceof WebAPIRequestError) return classifySlackError(error.original, now);
  if (error instanceof WebAPIPlatformError) return classifyAnswer(error);
  if (error instanceof WebAPIHTTPError) {
    const status = error.statusCode;
    const headers = error.headers as Readonly<Record<string, string | undefined>>;
    const told = retryAfterSeconds(headers['retry-after'], now);
    return {
      ...transient(`http_${status}`, `Slack answered with status ${status}.`, status),
      ...(told !== null && { retryAfterSeconds: told }),
    };
  }
  const reason = error instanceof Error ? error.message : String(error);
  return transient('connection_failed', `The connection to Slack failed: ${reason}`);
}

function classifyAnswer({ data }: WebAPIPlatformError): CallFault {
  const code = typeof data.error === 'string' ? data.error : '';
  if (code === 'ratelimited' || code === 'rate_limited' || code === 'accesslimited') {
    const retryAfterSeconds = data.response_metadata?.retryAfter ?? null;
    return { kind: 'rate_limited', retryAfterSeconds };
  }
  // A page of HTML instead of an answer arrives as its text.
  if (!/^[a-z0-9_]{1,80}$/.test(code))
    return transient('malformed_answer', 'Slack sent something else than an answer.', 200);
  if (TRANSIENT.has(code)) return transient(code, `Slack answered ${code}.`, 200);
  return { kind: 'fatal', error: refusal(code, data), status: 200 };
}

function refusal(code: string, data: object): Error {
  if (code in AUTH) return new AuthError(code, AUTH[code]!);
  if (code in CONFIG) return new ConfigError(code, CONFIG[code]!);
  if (code === 'missing_scope') {
    const needed = 'needed' in data && typeof data.needed === 'string' ? data.needed : '';
    const lack = needed
      ? `the scope ${needed}. Add it`
      : 'a scope, which Slack does not name. Add it';
    const advice = 'under "OAuth & Permissions" and install the app again.';
    return new ConfigError(code, `The app lacks ${lack} ${advice}`);
  }
  return new SlackRefusal(code, `Slack refused: ${code}.`);
}

function transient(code: string, message: string, status?: number): TransientFault {
  return { kind: 'transient', code, message, ...(status !== undefined && { status }) };
}

/** A list that goes on behind a cursor has to be begun again, or joined another way. */
export function isExpiredCursor(error: unknown): boolean {
  return refusalCode(error) === 'invalid_cursor';
}

/** Slack's error code when the error is a refusal, else undefined. */
export function refusalCode(error: unknown): string | undefined {
  return error instanceof SlackRefusal ? error.code : undefined;
}
