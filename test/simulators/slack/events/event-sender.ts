import { createHmac } from 'node:crypto';
import type { Workspace } from '../model/workspace.js';
import type { Json } from '../wire/blocks-json.js';
import { eventJson } from './event-json.js';

/** Slack gives an endpoint three seconds: https://docs.slack.dev/apis/events-api/ */
const DEADLINE_MS = 3000;
const MOST_RETRIES = 3;

export interface Delivery {
  readonly eventId: string;
  readonly type: string;
  /** Statuses of the attempts; null = no answer in time. */
  readonly statuses: readonly (number | null)[];
}

export interface DeliveryOrder {
  /** Every event twice, as Slack does when it is not sure. */
  readonly duplicate?: boolean;
  /** The newest first. */
  readonly reverse?: boolean;
  /** So many of the oldest get lost. */
  readonly lose?: number;
}

interface Envelope extends Json {
  readonly event_id: string;
  readonly event: Json;
}

/** Sends what happens in the workspace to an endpoint, signed, when it is told to. */
export class EventSender {
  /** Secret of the `v0` signatures. */
  readonly signingSecret = 'simulated-signing-secret';
  private url: string | null = null;
  private readonly pending: Envelope[] = [];
  private sent = 0;

  constructor(
    private readonly workspace: Workspace,
    private readonly fileOrigin: () => string,
    /** How long an endpoint may take, in real milliseconds. */
    private readonly deadlineMs = DEADLINE_MS,
  ) {
    workspace.listeners.push((event) => {
      if (this.url === null) return;
      const json = eventJson({ workspace, fileOrigin: this.fileOrigin() }, event);
      if (json !== null) this.queue(json);
    });
  }

  /** Subscribes an endpoint, which must answer the challenge. @throws TypeError when it does not */
  async connect(url: string): Promise<void> {
    const challenge = `challenge-${this.sent}`;
    const body = JSON.stringify({ token: 'simulated', challenge, type: 'url_verification' });
    const answer = await fetch(url, { method: 'POST', headers: this.headers(body), body });
    const text = await answer.text();
    if (!answer.ok || !text.includes(challenge)) {
      throw new TypeError(`${url} did not answer the challenge`);
    }
    this.url = url;
  }

  /** The app was removed from the workspace: both events come, in this order. */
  uninstalled(): void {
    if (this.url === null) return;
    this.queue({ type: 'tokens_revoked', tokens: { oauth: [], bot: [this.workspace.app.userId] } });
    this.queue({ type: 'app_uninstalled' });
  }

  /** Sends everything that has happened since the last time. */
  async deliver(order: DeliveryOrder = {}): Promise<Delivery[]> {
    const { url } = this;
    if (url === null) throw new TypeError('no endpoint is connected');
    const kept = this.pending.splice(0).slice(order.lose ?? 0);
    if (order.reverse) kept.reverse();
    const deliveries: Delivery[] = [];
    for (const envelope of kept) {
      for (let copy = 0; copy < (order.duplicate ? 2 : 1); copy++) {
        deliveries.push(await this.send(url, envelope));
      }
    }
    return deliveries;
  }

  private queue(event: Json): void {
    const { team, app, clock } = this.workspace;
    const number = ++this.sent;
    this.pending.push({
      token: 'simulated',
      team_id: team.id,
      api_app_id: app.appId,
      event,
      type: 'event_callback',
      event_id: `Ev${String(number).padStart(9, '0')}`,
      event_time: Math.floor(clock.now().getTime() / 1000),
      authorizations: [
        {
          enterprise_id: null,
          team_id: team.id,
          user_id: app.userId,
          is_bot: true,
          is_enterprise_install: false,
        },
      ],
      is_ext_shared_channel: false,
    });
  }

  private async send(url: string, envelope: Envelope): Promise<Delivery> {
    const body = JSON.stringify(envelope);
    const statuses: (number | null)[] = [];
    for (let retry = 0; retry <= MOST_RETRIES; retry++) {
      const last = statuses.at(-1);
      const reason = last === null ? 'http_timeout' : 'http_error';
      const again = { 'x-slack-retry-num': String(retry), 'x-slack-retry-reason': reason };
      const headers = { ...this.headers(body), ...(retry > 0 && again) };
      const signal = AbortSignal.timeout(this.deadlineMs);
      const status = await fetch(url, { method: 'POST', headers, body, signal }).then(
        (answer) => answer.status,
        () => null,
      );
      statuses.push(status);
      if (status !== null && status >= 200 && status < 300) break;
    }
    return { eventId: envelope.event_id, type: String(envelope.event['type']), statuses };
  }

  /** https://docs.slack.dev/authentication/verifying-requests-from-slack */
  private headers(body: string): Record<string, string> {
    const time = Math.floor(this.workspace.clock.now().getTime() / 1000);
    const hmac = createHmac('sha256', this.signingSecret).update(`v0:${time}:${body}`);
    return {
      'content-type': 'application/json',
      'x-slack-request-timestamp': String(time),
      'x-slack-signature': `v0=${hmac.digest('hex')}`,
    };
  }
}
