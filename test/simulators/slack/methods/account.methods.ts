import type { ApiMethod } from '../api/method-call.js';
import { SlackApiError } from '../api/slack-api-error.js';

/** https://docs.slack.dev/reference/methods/auth.test and its neighbours. */
export const accountMethods: readonly ApiMethod[] = [
  {
    name: 'auth.test',
    parameters: {},
    scope: null,
    callsPerMinute: null,
    needsToken: true,
    handle({ workspace, token, context }) {
      const { team, app } = workspace;
      return {
        url: `https://${team.domain}.slack.com/`,
        team: team.name,
        user: app.name,
        team_id: team.id,
        user_id: app.userId,
        bot_id: app.botId,
        is_enterprise_install: false,
        ...(token.expiresAt !== null && {
          expires_in: Math.floor((token.expiresAt - context.oauth.now()) / 1000),
        }),
      };
    },
  },
  {
    name: 'auth.revoke',
    parameters: { test: { type: 'boolean' } },
    scope: null,
    callsPerMinute: 50,
    needsToken: true,
    handle(call) {
      if (call.flag('test')) return { revoked: false };
      call.token.state = 'revoked';
      return { revoked: true };
    },
  },
  {
    name: 'team.info',
    parameters: { team: { type: 'string' }, domain: { type: 'string' } },
    scope: 'team:read',
    callsPerMinute: 50,
    needsToken: true,
    handle({ workspace: { team } }) {
      return {
        team: {
          id: team.id,
          name: team.name,
          domain: team.domain,
          url: `https://${team.domain}.slack.com/`,
          email_domain: '',
          icon: { image_default: true },
          is_verified: false,
        },
      };
    },
  },
  {
    name: 'emoji.list',
    // `include_categories` came after the OpenAPI document of 2021:
    // https://docs.slack.dev/reference/methods/emoji.list
    parameters: { include_categories: { type: 'boolean' } },
    scope: 'emoji:read',
    callsPerMinute: 20,
    needsToken: true,
    handle({ workspace }) {
      return { emoji: Object.fromEntries(workspace.emoji), cache_ts: '1700000000.000000' };
    },
  },
  {
    name: 'oauth.v2.access',
    // Rotation and PKCE came after the OpenAPI document of 2021:
    // https://docs.slack.dev/reference/methods/oauth.v2.access
    parameters: {
      client_id: { type: 'string' },
      client_secret: { type: 'string' },
      code: { type: 'string' },
      redirect_uri: { type: 'string' },
      grant_type: { type: 'string' },
      refresh_token: { type: 'string' },
      code_verifier: { type: 'string' },
    },
    scope: null,
    callsPerMinute: 100,
    needsToken: false,
    handle(call) {
      const { oauth } = call.context;
      const clientId = call.text('client_id');
      const clientSecret = call.text('client_secret');
      const grantType = call.text('grant_type') ?? 'authorization_code';
      if (grantType === 'refresh_token') {
        return oauth.refresh(clientId, clientSecret, call.text('refresh_token') ?? '');
      }
      if (grantType !== 'authorization_code') throw new SlackApiError('invalid_grant_type');
      return oauth.exchange({
        clientId,
        clientSecret,
        code: call.text('code'),
        redirectUri: call.text('redirect_uri'),
        verifier: call.text('code_verifier'),
      });
    },
  },
];
