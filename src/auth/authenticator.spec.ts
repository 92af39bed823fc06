import { ManualClock } from '../common/clock.js';
import { Secret } from '../common/secret.js';
import type { Config } from '../config/config.js';
import type { Database } from '../database/database.js';
import type { ApiKeysRepository, KeyOwner } from './api-keys.repository.js';
import { Authenticator } from './authenticator.js';

const owner: KeyOwner = {
  id: 'key',
  tenant: 'tenant',
  tenantName: 'Tenant',
  plan: 'unlimited',
  name: 'key',
  scopes: ['memory:read'],
  collection: null,
  expiresAt: null,
  revokedAt: null,
};

describe('Authenticator', () => {
  let stored: KeyOwner | undefined;
  let queries: number;
  let answers: (() => void)[];
  let clock: ManualClock;
  let authenticator: Authenticator;

  beforeEach(() => {
    stored = owner;
    queries = 0;
    answers = [];
    clock = new ManualClock();
    const database = { asSystem: (work: () => unknown) => work() } as unknown as Database;
    const repository = {
      findOwner: () => {
        queries += 1;
        const found = stored;
        return new Promise((resolve) => answers.push(() => resolve(found)));
      },
    } as unknown as ApiKeysRepository;
    const config = { operatorKey: new Secret('operator-key') } as unknown as Config;
    authenticator = new Authenticator(database, repository, config, clock);
  });

  async function authenticate(): Promise<unknown> {
    const result = authenticator.authenticate('mv_key');
    for (const answer of answers.splice(0)) answer();
    return result;
  }

  it('asks the database once for a burst and again after two seconds', async () => {
    const both = [authenticator.authenticate('mv_key'), authenticator.authenticate('mv_key')];
    for (const answer of answers.splice(0)) answer();
    await Promise.all(both);
    await authenticate();
    expect(queries).toBe(1);
    clock.advance(2000);
    await authenticate();
    expect(queries).toBe(2);
  });

  it('asks again after the clock was set back', async () => {
    await authenticate();
    stored = { ...owner, revokedAt: clock.now() };
    clock.advance(-7_200_000);
    await expect(authenticate()).rejects.toMatchObject({ code: 'key_revoked' });
  });

  it('lets a key revoked elsewhere work for two seconds at most', async () => {
    await authenticate();
    stored = { ...owner, revokedAt: clock.now() };
    clock.advance(1999);
    await expect(authenticate()).resolves.toMatchObject({ kind: 'tenant' });
    clock.advance(1);
    await expect(authenticate()).rejects.toMatchObject({ code: 'key_revoked' });
  });

  it('forgets a lookup that was under way when the key was revoked', async () => {
    const early = authenticator.authenticate('mv_key');
    stored = { ...owner, revokedAt: clock.now() };
    authenticator.forgetKeys();
    for (const answer of answers.splice(0)) answer();
    await early;
    await expect(authenticate()).rejects.toMatchObject({ code: 'key_revoked' });
  });

  it('remembers no key that is unknown, so a new one works at once', async () => {
    stored = undefined;
    await expect(authenticate()).rejects.toMatchObject({ code: 'unauthorized' });
    stored = owner;
    await expect(authenticate()).resolves.toMatchObject({ kind: 'tenant' });
  });

  it('knows the operator key without asking anyone', async () => {
    await expect(authenticator.authenticate('operator-key')).resolves.toEqual({
      kind: 'operator',
    });
    expect(queries).toBe(0);
  });
});
