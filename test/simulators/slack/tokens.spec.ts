import { createHash } from 'node:crypto';
import { apiCall, type RawAnswer } from './api-call.js';
import { startSlackSimulator, type SlackSimulator } from './slack-simulator.js';

let simulator: SlackSimulator;

async function start(rotating = false): Promise<void> {
  simulator = await startSlackSimulator({ messages: 0, channels: 1, rotating });
}

afterEach(() => simulator.close());

const errorOf = async (token: string | null): Promise<string | undefined> =>
  (await apiCall(simulator, 'auth.test', {}, token)).body.error;

const REDIRECT = 'http://127.0.0.1:4700/callback';

/** Clicks "Allow" on the consent page. */
async function consent(params: Record<string, string> = {}): Promise<URL> {
  const url = new URL('/oauth/v2/authorize', simulator.apiUrl);
  const query = { client_id: simulator.oauth.clientId, redirect_uri: REDIRECT, state: 's1' };
  for (const [name, value] of Object.entries({ ...query, ...params })) {
    url.searchParams.set(name, value);
  }
  const answer = await fetch(url, { redirect: 'manual' });
  expect(answer.status).toBe(302);
  return new URL(answer.headers.get('location')!);
}

const exchange = (params: Record<string, string>): Promise<RawAnswer> => {
  const { clientId: client_id, clientSecret: client_secret } = simulator.oauth;
  const given = { client_id, client_secret, ...params };
  return apiCall(simulator, 'oauth.v2.access', given, null);
};

describe('tokens', () => {
  it('are refused for the reason that holds', async () => {
    await start();
    expect(await errorOf(null)).toBe('not_authed');
    expect(await errorOf('xoxb-made-up')).toBe('invalid_auth');
    simulator.mutate({ op: 'expire_token' });
    expect(await errorOf(simulator.token)).toBe('token_expired');
    simulator.mutate({ op: 'deactivate_account' });
    expect(await errorOf(simulator.token)).toBe('account_inactive');
    simulator.mutate({ op: 'revoke_token' });
    expect(await errorOf(simulator.token)).toBe('token_revoked');
    simulator.mutate({ op: 'restore_token' });
    expect(await errorOf(simulator.token)).toBeUndefined();
  });

  it('can revoke themselves', async () => {
    await start();
    const trial = await apiCall(simulator, 'auth.revoke', { test: 'true' });
    expect(trial.body).toMatchObject({ ok: true, revoked: false });
    expect((await apiCall(simulator, 'auth.revoke')).body['revoked']).toBe(true);
    expect(await errorOf(simulator.token)).toBe('token_revoked');
  });

  it('lose scopes while they are in use', async () => {
    await start();
    simulator.mutate({ op: 'set_scopes', scopes: ['users:read'] });
    const answer = await apiCall(simulator, 'team.info');
    expect(answer.body['needed']).toBe('team:read');
    expect(answer.headers.get('x-oauth-scopes')).toBe('users:read');
    expect(answer.headers.get('x-accepted-oauth-scopes')).toBe('team:read');
  });

  it('come from a code, once, for the redirect URI that asked', async () => {
    await start();
    const target = await consent({ scope: 'team:read,users:read' });
    expect(target.searchParams.get('state')).toBe('s1');
    const code = target.searchParams.get('code')!;
    expect((await exchange({ code, redirect_uri: 'http://evil.example' })).body.error).toBe(
      'bad_redirect_uri',
    );
    const { body } = await exchange({ code, redirect_uri: REDIRECT });
    expect(body).toMatchObject({ ok: true, token_type: 'bot', scope: 'team:read,users:read' });
    expect(body).not.toHaveProperty('refresh_token');
    expect(await errorOf(String(body['access_token']))).toBeUndefined();
    expect((await exchange({ code, redirect_uri: REDIRECT })).body.error).toBe('code_already_used');
    expect((await exchange({ code: 'none' })).body.error).toBe('invalid_code');
    expect((await exchange({ code, client_secret: 'x' })).body.error).toBe('bad_client_secret');
    expect((await exchange({ code, client_id: 'x' })).body.error).toBe('invalid_client_id');
  });

  it('hold the verifier of PKCE against its challenge', async () => {
    await start();
    const verifier = 'a-long-random-verifier-of-more-than-43-characters';
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const code = (await consent({ code_challenge: challenge })).searchParams.get('code')!;
    const wrong = await exchange({ code, redirect_uri: REDIRECT, code_verifier: 'other' });
    expect(wrong.body.error).toBe('invalid_code_verifier');
    const right = await exchange({ code, redirect_uri: REDIRECT, code_verifier: verifier });
    expect(right.body.ok).toBe(true);
  });

  it('rotate: they expire, and a refresh token works once', async () => {
    await start(true);
    const code = (await consent()).searchParams.get('code')!;
    const { body } = await exchange({ code, redirect_uri: REDIRECT });
    expect(body['expires_in']).toBe(43_200);
    const first = String(body['access_token']);
    expect(await errorOf(first)).toBeUndefined();
    simulator.advance(43_200_000);
    expect(await errorOf(first)).toBe('token_expired');
    const grant = { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) };
    const refreshed = await exchange(grant);
    expect(await errorOf(String(refreshed.body['access_token']))).toBeUndefined();
    expect((await exchange(grant)).body.error).toBe('invalid_refresh_token');
    expect((await exchange({ grant_type: 'password' })).body.error).toBe('invalid_grant_type');
  });
});
