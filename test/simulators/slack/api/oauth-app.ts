import { createHash } from 'node:crypto';
import type { Workspace } from '../model/workspace.js';
import type { Json } from '../wire/blocks-json.js';
import { SlackApiError } from './slack-api-error.js';
import type { AccessToken, Tokens } from './tokens.js';

/** https://docs.slack.dev/authentication/using-token-rotation */
const ROTATING_LIFETIME_SECONDS = 43_200;

interface Grant {
  readonly workspace: Workspace;
  readonly scopes: readonly string[];
  readonly redirectUri: string | null;
  /** S256 challenge of PKCE; null when the flow goes without. */
  readonly challenge: string | null;
  used: boolean;
}

interface Refresh {
  readonly token: AccessToken;
  used: boolean;
}

export interface AuthorizeRequest {
  readonly scopes: readonly string[];
  readonly redirectUri: string | null;
  readonly challenge: string | null;
}

export interface CodeExchange {
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  readonly code: string | undefined;
  readonly redirectUri: string | undefined;
  readonly verifier: string | undefined;
}

/** The app behind the tokens: hands out codes, exchanges and refreshes them. */
export class OAuthApp {
  readonly clientId = '1234567890.9876543210';
  readonly clientSecret = 'simulated-client-secret';
  private readonly grants = new Map<string, Grant>();
  private readonly refreshes = new Map<string, Refresh>();

  constructor(
    private readonly tokens: Tokens,
    private readonly clock: { now(): Date },
    /** Tokens expire after 12 hours and come with a refresh token that works once. */
    readonly rotating: boolean,
  ) {}

  /** Unix milliseconds. */
  now(): number {
    return this.clock.now().getTime();
  }

  /** What the consent page would give after a click on "Allow". */
  authorize(workspace: Workspace, request: AuthorizeRequest): string {
    const code = `${workspace.team.id}.code.${this.grants.size + 1}`;
    this.grants.set(code, { workspace, ...request, used: false });
    return code;
  }

  exchange(request: CodeExchange): Json {
    this.checkClient(request.clientId, request.clientSecret);
    const grant = this.grants.get(request.code ?? '');
    if (grant === undefined) throw new SlackApiError('invalid_code');
    if (grant.used) throw new SlackApiError('code_already_used');
    if (grant.redirectUri !== null && grant.redirectUri !== request.redirectUri) {
      throw new SlackApiError('bad_redirect_uri');
    }
    if (grant.challenge !== null && grant.challenge !== challengeOf(request.verifier ?? '')) {
      throw new SlackApiError('invalid_code_verifier');
    }
    grant.used = true;
    return this.grantAnswer(grant.workspace, grant.scopes);
  }

  refresh(clientId: string | undefined, clientSecret: string | undefined, value: string): Json {
    this.checkClient(clientId, clientSecret);
    const refresh = this.refreshes.get(value);
    if (refresh === undefined || refresh.used || refresh.token.state === 'revoked') {
      throw new SlackApiError('invalid_refresh_token');
    }
    refresh.used = true;
    return this.grantAnswer(refresh.token.workspace, refresh.token.scopes);
  }

  private checkClient(id: string | undefined, secret: string | undefined): void {
    if (id !== this.clientId) throw new SlackApiError('invalid_client_id');
    if (secret !== this.clientSecret) throw new SlackApiError('bad_client_secret');
  }

  private grantAnswer(workspace: Workspace, scopes: readonly string[]): Json {
    const { team, app } = workspace;
    const lifetime = ROTATING_LIFETIME_SECONDS;
    const expiresAt = this.rotating ? this.now() + lifetime * 1000 : null;
    const token = this.tokens.issue(workspace, { scopes, expiresAt, rotating: this.rotating });
    const answer: Json = {
      app_id: app.appId,
      authed_user: { id: [...workspace.users.keys()][0] ?? app.userId },
      scope: scopes.join(','),
      token_type: 'bot',
      access_token: token.value,
      bot_user_id: app.userId,
      team: { id: team.id, name: team.name },
      enterprise: null,
      is_enterprise_install: false,
    };
    if (!this.rotating) return answer;
    const refreshToken = `xoxe-1-${team.id}-${this.refreshes.size + 1}-simulated`;
    this.refreshes.set(refreshToken, { token, used: false });
    return { ...answer, refresh_token: refreshToken, expires_in: lifetime };
  }
}

function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}
