import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  isTransportFault,
  PAGE_FAULTS,
  type Fault,
  type FaultRules,
} from '../../support/fault-rules.js';
import type { RateLimiter } from '../../support/rate-limiter.js';
import type { LoggedRequest, RequestLog } from '../../support/request-log.js';
import { isImmediate, sendFault, sendTruncated } from '../../support/send-fault.js';
import type { SimulatorClock } from '../../support/simulator-clock.js';
import { ALL_METHODS } from '../methods/all-methods.js';
import type { Cursors } from './cursors.js';
import { MethodCall, type ApiMethod } from './method-call.js';
import type { OAuthApp } from './oauth-app.js';
import { checkParameters, typeError } from './parameters.js';
import { rateOf, SLOW_PAGE_SIZE, type Rates } from './rates.js';
import { readCall, type ReceivedCall } from './read-call.js';
import { SlackApiError } from './slack-api-error.js';
import type { AccessToken, Tokens } from './tokens.js';

export interface ApiState {
  readonly clock: SimulatorClock;
  readonly tokens: Tokens;
  readonly oauth: OAuthApp;
  readonly cursors: Cursors;
  readonly faults: FaultRules;
  readonly log: RequestLog;
  readonly limiter: RateLimiter;
  /** Both can be changed while the simulator runs. */
  readonly settings: { rates: Rates; slowTier: boolean };
  fileOrigin(): string;
}

const LIMIT_BODY = JSON.stringify({ ok: false, error: 'ratelimited' });

/** Everything under `/api/`: one method call, from the bytes read to the bytes sent. */
export class ApiServer {
  constructor(private readonly state: ApiState) {}

  async handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const { tokens, faults, log } = this.state;
    const received = await readCall(request, url);
    const token = received.token === null ? undefined : tokens.find(received.token);
    const entry = log.begin({
      verb: received.verb,
      method: received.method,
      token: token?.name ?? (received.token === null ? null : 'unknown'),
      params: received.given,
    });
    const fault = faults.take({
      method: received.method,
      token: received.token,
      channel: typeof received.given['channel'] === 'string' ? received.given['channel'] : null,
      hasCursor: Boolean(received.given['cursor']),
    });
    if (fault !== null) entry.fault = fault.kind;
    if (this.isLimited(received, token, entry, fault, response)) return;
    if (fault !== null && isImmediate(fault)) {
      entry.status = sendFault(response, fault, LIMIT_BODY);
      return;
    }
    if (fault?.kind === 'slow') await delay(fault.delayMs);
    this.answer(received, entry, fault, response);
  }

  /** Refuses by the bucket or by an injected 429, and notes who calls although told to wait. */
  private isLimited(
    received: ReceivedCall,
    token: AccessToken | undefined,
    entry: LoggedRequest,
    fault: Fault | null,
    response: ServerResponse,
  ): boolean {
    const { limiter, log, clock, settings } = this.state;
    const method = ALL_METHODS.get(received.method);
    if (method === undefined) return false;
    // The budget belongs to the installed app: it survives the rotation of its token.
    const key = `${method.name} ${token?.workspace.team.id ?? 'nobody'}`;
    const rate = rateOf(method, settings.rates, settings.slowTier);
    const verdict = limiter.take(key, rate, clock.ms());
    if (!verdict.allowed) {
      if (verdict.insideRetryAfter !== null) {
        const since = Math.round(verdict.insideRetryAfter.sinceRefusalMs);
        log.violation('inside_retry_after', entry, `${since} ms after the refusal`);
      }
      this.sendLimit(entry, response, verdict.retryAfterSeconds);
      return true;
    }
    if (fault?.kind !== '429') return false;
    if (fault.retryAfterSeconds !== null) {
      limiter.refuse(key, fault.retryAfterSeconds, clock.ms());
    }
    this.sendLimit(entry, response, fault.retryAfterSeconds);
    return true;
  }

  private sendLimit(
    entry: LoggedRequest,
    response: ServerResponse,
    retryAfterSeconds: number | null,
  ): void {
    const fault = { id: 0, kind: '429', retryAfterSeconds, delayMs: 0 } as const;
    entry.status = sendFault(response, fault, LIMIT_BODY);
    entry.error = 'ratelimited';
  }

  private answer(
    received: ReceivedCall,
    entry: LoggedRequest,
    fault: Fault | null,
    response: ServerResponse,
  ): void {
    const method = ALL_METHODS.get(received.method);
    const token = received.token === null ? undefined : this.state.tokens.find(received.token);
    const body = this.outcome(method, received, entry, fault);
    if (received.contentType === 'application/json' && !received.charset) addWarning(body);
    if (body['ok'] === false) entry.error = String(body['error']);
    const bytes = Buffer.from(JSON.stringify(body));
    const headers: Record<string, string> = {
      'content-type': 'application/json; charset=utf-8',
      'x-slack-req-id': `simulated-${entry.id}`,
      ...(token !== undefined && { 'x-oauth-scopes': token.scopes.join(',') }),
      ...(method?.scope != null && { 'x-accepted-oauth-scopes': method.scope }),
    };
    entry.status = 200;
    entry.bytes = bytes.length;
    if (fault?.kind === 'truncate') {
      sendTruncated(response, 200, headers, bytes);
      return;
    }
    response.writeHead(200, { ...headers, 'content-length': bytes.length });
    response.end(bytes);
  }

  private outcome(
    method: ApiMethod | undefined,
    received: ReceivedCall,
    entry: LoggedRequest,
    fault: Fault | null,
  ): Record<string, unknown> {
    try {
      if (method === undefined) {
        this.state.log.violation('unknown_method', entry, received.method);
        throw new SlackApiError('unknown_method');
      }
      return { ok: true, ...this.invoke(method, received, entry, fault) };
    } catch (error) {
      if (!(error instanceof SlackApiError)) throw error;
      return { ok: false, error: error.code, ...error.fields };
    }
  }

  private invoke(
    method: ApiMethod,
    received: ReceivedCall,
    entry: LoggedRequest,
    fault: Fault | null,
  ): Record<string, unknown> {
    const { log, tokens, cursors, oauth, settings } = this.state;
    this.checkForm(received, entry);
    if (received.fault !== null) throw received.fault;
    const token = method.needsToken ? tokens.authenticate(received.token) : null;
    const pageFault = PAGE_FAULTS.find((kind) => kind === fault?.kind) ?? null;
    if (pageFault === 'stale_cursor') throw new SlackApiError('invalid_cursor');
    const injected = fault !== null && !isTransportFault(fault.kind) && pageFault === null;
    if (injected) throw injectedError(fault.kind, method, token);
    const call = new MethodCall({
      method: method.name,
      token,
      given: received.given,
      cursors,
      oauth,
      fileOrigin: this.state.fileOrigin(),
      pageFault: pageFault,
      slowPageSize: settings.slowTier ? SLOW_PAGE_SIZE : null,
      violation: (kind, detail) => log.violation(kind, entry, detail),
    });
    if (method.scope !== null) call.requireScope(method.scope);
    this.checkGiven(method, received, entry);
    return method.handle(call);
  }

  /** What Slack tolerates or refuses depending on the day, and a careful client never does. */
  private checkForm(received: ReceivedCall, entry: LoggedRequest): void {
    const { log } = this.state;
    if (!['GET', 'POST'].includes(received.verb)) {
      log.violation('wrong_verb', entry, received.verb);
      throw new SlackApiError('invalid_http_method');
    }
    if (received.fault !== null) {
      log.violation('wrong_content_type', entry, received.contentType ?? 'none');
    }
    if (received.tokenPlace === 'query') {
      // https://docs.slack.dev/changelog/2020-11-no-more-tokens-in-querystrings-for-newly-created-apps
      log.violation('token_in_query', entry, 'tokens belong into the Authorization header');
    }
    if (received.tokenPlace === 'json') {
      log.violation('wrong_content_type', entry, 'a JSON body needs the token in the header');
      throw new SlackApiError('not_authed');
    }
  }

  private checkGiven(method: ApiMethod, received: ReceivedCall, entry: LoggedRequest): void {
    let refusal: SlackApiError | null = null;
    for (const { kind, name } of checkParameters(method.parameters, received.given)) {
      this.state.log.violation(kind, entry, name);
      // Slack ignores what it does not know.
      if (kind === 'unknown_parameter' || refusal !== null) continue;
      refusal =
        kind === 'missing_parameter'
          ? new SlackApiError('invalid_arguments', {
              response_metadata: { messages: [`[ERROR] missing required field: ${name}`] },
            })
          : new SlackApiError(typeError(name));
    }
    if (refusal !== null) throw refusal;
  }
}

function injectedError(code: string, method: ApiMethod, token: AccessToken | null): SlackApiError {
  if (code !== 'missing_scope') return new SlackApiError(code);
  const needed = method.scope ?? 'channels:history';
  return new SlackApiError(code, { needed, provided: token?.scopes.join(',') ?? '' });
}

/** https://docs.slack.dev/apis/web-api/#post_bodies */
function addWarning(body: Record<string, unknown>): void {
  const metadata = (body['response_metadata'] ?? {}) as Record<string, unknown>;
  body['warning'] ??= 'missing_charset';
  body['response_metadata'] = { ...metadata, warnings: ['missing_charset'] };
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
