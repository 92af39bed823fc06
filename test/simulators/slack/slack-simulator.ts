import type { ServerResponse } from 'node:http';
import { serveControlPlane } from '../support/control-plane.js';
import { FaultRules } from '../support/fault-rules.js';
import { serveHttp, type RunningServer } from '../support/http-server.js';
import { RateLimiter } from '../support/rate-limiter.js';
import { RequestLog, type Violation } from '../support/request-log.js';
import {
  fixedTime,
  realTime,
  SimulatorClock,
  type TimeSource,
} from '../support/simulator-clock.js';
import { ApiServer, type ApiState } from './api/api-server.js';
import { Cursors } from './api/cursors.js';
import { FileServer } from './api/file-server.js';
import { OAuthApp } from './api/oauth-app.js';
import type { Rates } from './api/rates.js';
import { ALL_SCOPES, Tokens, type TokenDraft } from './api/tokens.js';
import { EventSender } from './events/event-sender.js';
import { generateWorkspace, type WorkspacePlan } from './generate/generate-workspace.js';
import type { Workspace } from './model/workspace.js';
import { WorkspaceEditor } from './model/workspace-editor.js';
import { mutate } from './mutations.js';
import { truthOf, type Truth } from './truth.js';

export interface SlackSimulatorOptions extends WorkspacePlan {
  /** `fixed` (default) stands at 2026-11-02 09:00 UTC until `advance`; `real` runs. */
  readonly clock?: 'fixed' | 'real' | TimeSource;
  /** Default: no limit. */
  readonly rates?: Rates;
  /** As an app outside the Marketplace: history and replies once a minute, 15 objects. */
  readonly slowTier?: boolean;
  readonly scopes?: readonly string[];
  /** Tokens got by OAuth expire after 12 hours and come with a refresh token. */
  readonly rotating?: boolean;
  /** Milliseconds a cursor is good for; null (default) = until `expireCursors`. */
  readonly cursorLifetime?: number | null;
  /** How long an endpoint may take to answer an event; default 3000 as at Slack. */
  readonly eventDeadlineMs?: number;
  /** 0 (default) = a free port. */
  readonly port?: number;
  /** Serves the control plane; 0 = a free port; undefined = none. */
  readonly controlPort?: number;
}

const FIXED_START = new Date('2026-11-02T09:00:00Z');

/** A running simulator: the API on one port, the control plane on another if asked for. */
export class SlackSimulator {
  readonly faults = new FaultRules();
  readonly clock: SimulatorClock;
  readonly log: RequestLog;
  readonly tokens: Tokens;
  readonly oauth: OAuthApp;
  readonly cursors: Cursors;
  readonly settings: { rates: Rates; slowTier: boolean };
  /** Changes the workspace as people do. */
  readonly workspace: WorkspaceEditor;
  /** Events API of the first workspace; silent until an endpoint is connected. */
  readonly events: EventSender;
  /** Bot token with every scope, or those asked for. */
  readonly token: string;
  private readonly scopes: readonly string[];
  private api: RunningServer | null = null;
  private control: RunningServer | null = null;

  constructor(private readonly options: SlackSimulatorOptions) {
    this.clock = new SimulatorClock(timeSource(options.clock ?? 'fixed'));
    this.log = new RequestLog(this.clock);
    this.tokens = new Tokens(this.clock);
    this.cursors = new Cursors(this.clock, options.cursorLifetime ?? null);
    this.oauth = new OAuthApp(this.tokens, this.clock, options.rotating ?? false);
    this.settings = { rates: options.rates ?? null, slowTier: options.slowTier ?? false };
    this.scopes = options.scopes ?? ALL_SCOPES;
    this.workspace = new WorkspaceEditor(generateWorkspace(options, this.clock));
    this.events = new EventSender(
      this.workspace.workspace,
      () => this.origin,
      options.eventDeadlineMs,
    );
    this.token = this.issueToken({ scopes: this.scopes });
  }

  /** For the client's `slackApiUrl`, e.g. `http://127.0.0.1:4703/api/`. */
  get apiUrl(): string {
    return `${this.origin}/api/`;
  }

  /** null without a control plane. */
  get controlUrl(): string | null {
    return this.control?.url ?? null;
  }

  get violations(): readonly Violation[] {
    return this.log.violations;
  }

  /** Another token for the workspace, or for another one on the same server. */
  issueToken(draft: TokenDraft = {}, workspace?: Workspace): string {
    return this.tokens.issue(workspace ?? this.workspace.workspace, draft).value;
  }

  /** One more workspace on the same server, with its own token. */
  addWorkspace(plan: WorkspacePlan): { workspace: WorkspaceEditor; token: string } {
    const workspace = generateWorkspace(plan, this.clock);
    const token = this.issueToken({ scopes: this.scopes }, workspace);
    return { workspace: new WorkspaceEditor(workspace), token };
  }

  /** What the bot can read now, in the first workspace or another one. */
  truth(editor: WorkspaceEditor = this.workspace): Truth {
    return truthOf(editor.workspace);
  }

  advance(ms: number): void {
    this.clock.advance(ms);
  }

  /** The same as `POST /mutate`; a promise for events. @throws TypeError when it makes no sense */
  mutate(mutation: Readonly<Record<string, unknown>>): unknown {
    const { workspace: editor, tokens, cursors, events, token } = this;
    return mutate({ editor, tokens, cursors, events, token }, mutation);
  }

  async start(): Promise<void> {
    const state: ApiState = { ...this.parts(), fileOrigin: () => this.origin };
    const api = new ApiServer(state);
    const files = new FileServer(state);
    this.api = await serveHttp(this.options.port ?? 0, async (request, response) => {
      const url = new URL(request.url ?? '/', 'http://slack');
      if (url.pathname.startsWith('/api/')) return api.handle(request, response, url);
      if (url.pathname.startsWith('/files-pri/')) return files.handle(request, response, url);
      if (url.pathname === '/oauth/v2/authorize') return this.consent(response, url);
      files.login(response);
    });
    const { controlPort } = this.options;
    if (controlPort !== undefined) this.control = await serveControlPlane(controlPort, this);
  }

  async close(): Promise<void> {
    await this.api?.close();
    await this.control?.close();
  }

  private get origin(): string {
    if (this.api === null) throw new Error('the simulator is not running');
    return this.api.url;
  }

  private parts(): Omit<ApiState, 'fileOrigin'> {
    const { clock, tokens, oauth, cursors, faults, log, settings } = this;
    return { clock, tokens, oauth, cursors, faults, log, settings, limiter: new RateLimiter() };
  }

  /** The consent page, on which "Allow" has been clicked. */
  private consent(response: ServerResponse, { searchParams }: URL): void {
    const redirectUri = searchParams.get('redirect_uri');
    if (redirectUri === null || searchParams.get('client_id') !== this.oauth.clientId) {
      response.writeHead(400, { 'content-type': 'text/plain' });
      response.end('redirect_uri or client_id is wrong');
      return;
    }
    const target = new URL(redirectUri);
    const code = this.oauth.authorize(this.workspace.workspace, {
      scopes: searchParams.get('scope')?.split(',') ?? this.scopes,
      redirectUri,
      challenge: searchParams.get('code_challenge'),
    });
    target.searchParams.set('code', code);
    target.searchParams.set('state', searchParams.get('state') ?? '');
    response.writeHead(302, { location: target.href });
    response.end();
  }
}

export async function startSlackSimulator(
  options: SlackSimulatorOptions = {},
): Promise<SlackSimulator> {
  const simulator = new SlackSimulator(options);
  await simulator.start();
  return simulator;
}

function timeSource(clock: 'fixed' | 'real' | TimeSource): TimeSource {
  if (clock === 'real') return realTime;
  return clock === 'fixed' ? fixedTime(FIXED_START) : clock;
}
