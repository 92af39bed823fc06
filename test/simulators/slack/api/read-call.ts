import type { IncomingMessage } from 'node:http';
import { readBody } from '../../support/http-server.js';
import { SlackApiError } from './slack-api-error.js';

/** What a request asks for, before anything is checked. */
export interface ReceivedCall {
  readonly verb: string;
  /** Everything after `/api/`. */
  readonly method: string;
  /** Parameters without the token. */
  readonly given: Record<string, unknown>;
  readonly token: string | null;
  readonly tokenPlace: 'header' | 'form' | 'query' | 'json' | null;
  readonly contentType: string | null;
  readonly charset: boolean;
  /** Why the body could not be read, as Slack says it. */
  readonly fault: SlackApiError | null;
}

/** Reads GET and POST, form and JSON: https://docs.slack.dev/apis/web-api/ */
export async function readCall(request: IncomingMessage, url: URL): Promise<ReceivedCall> {
  const header = request.headers['content-type'] ?? '';
  const contentType = header.split(';')[0]?.trim().toLowerCase() || null;
  const text = request.method === 'POST' ? await readBody(request) : '';
  const body = readParameters(contentType, text);
  const query = Object.fromEntries(url.searchParams);
  const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const tokens = [
    [bearer, 'header'],
    [body.form['token'], 'form'],
    [query['token'], 'query'],
    [body.json['token'], 'json'],
  ] as const;
  const [token, tokenPlace] = tokens.find(([value]) => typeof value === 'string') ?? [null, null];
  const { token: _token, ...given } = { ...query, ...body.form, ...body.json };
  return {
    verb: request.method ?? 'GET',
    method: url.pathname.slice('/api/'.length),
    given: { ...given, ...basicClient(request) },
    token: typeof token === 'string' ? token : null,
    tokenPlace,
    contentType,
    charset: /charset=/i.test(header),
    fault: body.fault,
  };
}

interface ReadBody {
  readonly form: Record<string, unknown>;
  readonly json: Record<string, unknown>;
  readonly fault: SlackApiError | null;
}

function readParameters(contentType: string | null, text: string): ReadBody {
  const none = { form: {}, json: {}, fault: null };
  if (text === '') return none;
  if (contentType === 'application/x-www-form-urlencoded') {
    return { ...none, form: Object.fromEntries(new URLSearchParams(text)) };
  }
  if (contentType === 'application/json') {
    try {
      const json: unknown = JSON.parse(text);
      if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
        return { ...none, json: json as Record<string, unknown> };
      }
      return { ...none, fault: new SlackApiError('json_not_object') };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return { ...none, fault: new SlackApiError('invalid_json') };
    }
  }
  const code = contentType === null ? 'missing_post_type' : 'invalid_post_type';
  return { ...none, fault: new SlackApiError(code) };
}

/** oauth.v2.access also takes the client's id and secret as HTTP Basic. */
function basicClient(request: IncomingMessage): Record<string, string> {
  const encoded = /^Basic\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (encoded === undefined) return {};
  const [id = '', secret = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return { client_id: id, client_secret: secret };
}
