import type { PageFault } from '../../support/fault-rules.js';
import type { ViolationKind } from '../../support/request-log.js';
import type { SlackChannel } from '../model/channel.js';
import { parseTimestamp } from '../model/timestamp.js';
import type { Workspace } from '../model/workspace.js';
import type { Json } from '../wire/blocks-json.js';
import type { Cursors } from './cursors.js';
import type { OAuthApp } from './oauth-app.js';
import type { ParameterRules } from './parameters.js';
import { SlackApiError } from './slack-api-error.js';
import type { AccessToken } from './tokens.js';

export interface ApiMethod {
  readonly name: string;
  readonly parameters: ParameterRules;
  /** Needed for any call; what depends on the channel is asked for by the handler. */
  readonly scope: string | null;
  /** Documented calls per minute; null = a special limit that is not published. */
  readonly callsPerMinute: number | null;
  readonly needsToken: boolean;
  handle(call: MethodCall): Json;
}

export interface PageLimits {
  readonly fallback: number;
  /** More is out of range. */
  readonly most: number;
  /** More is allowed to ask for, but never answered. */
  readonly cap?: number;
}

interface CallContext {
  readonly method: string;
  readonly token: AccessToken | null;
  readonly given: Readonly<Record<string, unknown>>;
  readonly cursors: Cursors;
  readonly oauth: OAuthApp;
  readonly fileOrigin: string;
  readonly pageFault: PageFault | null;
  /** Unlisted apps get at most so many objects from history and replies; null = no such limit. */
  readonly slowPageSize: number | null;
  violation(kind: ViolationKind, detail: string): void;
}

/** One call of a method, with its parameters typed and Slack's refusals at hand. */
export class MethodCall {
  constructor(readonly context: CallContext) {}

  /** @throws SlackApiError when the method needs a token and none was given */
  get token(): AccessToken {
    const { token } = this.context;
    if (token === null) throw new SlackApiError('not_authed');
    return token;
  }

  get workspace(): Workspace {
    return this.token.workspace;
  }

  text(name: string): string | undefined {
    const value = this.context.given[name];
    if (typeof value === 'string') return value === '' ? undefined : value;
    return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw new SlackApiError('invalid_arguments');
    return value;
  }

  flag(name: string): boolean {
    return /^(true|1)$/.test(this.text(name) ?? '');
  }

  /** A bound of time in microseconds. */
  bound(name: string): number | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : (parseTimestamp(value) ?? undefined);
  }

  hasScope(scope: string): boolean {
    return this.token.scopes.includes(scope);
  }

  /** @throws SlackApiError missing_scope, with what is needed and what the token has */
  requireScope(scope: string): void {
    if (this.hasScope(scope)) return;
    this.context.violation('missing_scope', scope);
    throw new SlackApiError('missing_scope', {
      needed: scope,
      provided: this.token.scopes.join(','),
    });
  }

  /**
   * The channel a call is about. A private one without the bot does not exist for it:
   * https://docs.slack.dev/reference/methods/conversations.history#errors
   * @param access `read` needs membership, `see` does not for public channels
   */
  channel(scope: 'history' | 'read', access: 'read' | 'see'): SlackChannel {
    const channel = this.workspace.channels.get(this.required('channel'));
    const family = channel?.isPrivate ? 'groups' : 'channels';
    this.requireScope(`${family}:${scope}`);
    if (channel === undefined) throw new SlackApiError('channel_not_found');
    if (this.workspace.canRead(channel)) return channel;
    if (channel.isPrivate) throw new SlackApiError('channel_not_found');
    if (access === 'read') throw new SlackApiError('not_in_channel');
    return channel;
  }

  /** How many items this page may hold; 0 only by an injected fault. */
  pageSize({ fallback, most, cap = most }: PageLimits): number {
    const { pageFault } = this.context;
    const asked = Number(this.text('limit') ?? fallback);
    if (asked < 1) throw new SlackApiError('invalid_limit');
    if (asked > most) {
      this.context.violation('out_of_range', `limit ${asked} is above ${most}`);
    }
    const size = Math.min(asked, most, cap);
    if (pageFault === 'empty_page') return 0;
    return pageFault === 'short_page' ? Math.max(1, Math.floor(size / 2)) : size;
  }

  /** Where the page starts by its cursor; undefined on the first one. */
  start(listing: string): string | undefined {
    const cursor = this.text('cursor');
    if (cursor === undefined) return undefined;
    return this.context.cursors.decode(cursor, { method: this.context.method, listing });
  }

  nextCursor(listing: string, next: string): string {
    return this.context.cursors.encode({ method: this.context.method, listing, next });
  }

  /** A page of things that have ids, in the order of their ids. */
  page<T extends { readonly id: string }>(
    items: Iterable<T>,
    listing: string,
    limits: PageLimits,
  ): { readonly items: T[]; readonly response_metadata: { readonly next_cursor: string } } {
    const sorted = [...items].sort((a, b) => (a.id < b.id ? -1 : 1));
    const start = this.start(listing);
    const size = this.pageSize(limits);
    const from = start === undefined ? 0 : sorted.findIndex(({ id }) => id >= start);
    const at = from < 0 ? sorted.length : from;
    const next = sorted[at + size];
    return {
      items: sorted.slice(at, at + size),
      response_metadata: {
        next_cursor: next === undefined ? '' : this.nextCursor(listing, next.id),
      },
    };
  }
}
