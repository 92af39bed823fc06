import { inspect } from 'node:util';
import type { ConnectorContext } from '../../connectors/sdk/context.js';
import type { Connector, SourceDocument } from '../../connectors/sdk/contract.js';
import { AuthError, ItemError, TransientSourceError } from '../../connectors/sdk/errors.js';
import { AppError } from '../common/errors/app-error.js';
import { GivenCredentials } from '../credentials/connection-credentials.js';
import { guardedConnector, guardedLogger } from './guarded-connector.js';

const TOKEN = 'an-ordinary-looking-value';
const credentials = new GivenCredentials({ token: TOKEN });
const ctx = {} as ConnectorContext;
const partition = { key: 'p', title: 'P' };

const throwing = (error: Error, given = credentials): Promise<unknown> =>
  guardedConnector({ account: () => Promise.reject(error) } as unknown as Connector, given)
    .account(ctx)
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );

describe('a guarded connector', () => {
  it('throws errors of the same class without secrets in message, stack or causes', async () => {
    const cause = new Error(`cause ${TOKEN}`, { cause: new Error(TOKEN) });
    const given = new TransientSourceError('unwell', `no answer to ${TOKEN}`, 7, { cause });
    const thrown = await throwing(given);
    expect(thrown).toBeInstanceOf(TransientSourceError);
    expect(thrown).toMatchObject({
      code: 'unwell',
      message: 'no answer to [secret]',
      retryAfterSeconds: 7,
      cause: { message: 'cause [secret]' },
    });
    expect(inspect(thrown, { depth: 9, showHidden: true })).not.toContain(TOKEN);
  });

  it('strips what hangs on the errors of clients, and keeps name and code', async () => {
    const given = Object.assign(new TypeError('refused'), {
      code: 'ERR_X',
      request: { headers: { authorization: `Bearer ${TOKEN}` } },
    });
    const thrown = await throwing(given);
    expect(thrown).toMatchObject({ name: 'TypeError', code: 'ERR_X', message: 'refused' });
    expect(inspect(thrown, { depth: 9, showHidden: true })).not.toContain(TOKEN);
    expect(thrown).not.toHaveProperty('request');
  });

  it('lets errors without secrets pass as they are', async () => {
    const given = new AppError('encryption_key_missing', 'put it back');
    expect(await throwing(given)).toBe(given);
  });

  it('calls a refusal transient when the credentials were changed meanwhile', async () => {
    class Changed extends GivenCredentials {
      override changedMeanwhile = (): Promise<boolean> => Promise.resolve(true);
    }
    const refusal = new AuthError('revoked', 'revoked');
    expect(await throwing(refusal)).toBe(refusal);
    expect(await throwing(refusal, new Changed({}))).toMatchObject({ code: 'credentials_changed' });
  });

  it('guards lists, pages and the bodies that are read later, and closes what it lists', async () => {
    let closed = false;
    const source = { externalId: 'd' } as SourceDocument;
    const lazy = { ...source, body: () => Promise.reject(new ItemError('x', `no ${TOKEN}`)) };
    const guarded = guardedConnector(
      {
        async *pull() {
          try {
            yield await Promise.resolve({
              documents: [source, lazy],
              failures: [{ title: TOKEN, url: null, message: `m ${TOKEN}` }],
              gapReason: TOKEN,
            });
            throw new Error(TOKEN);
          } finally {
            closed = true;
          }
        },
      } as unknown as Connector,
      credentials,
    );
    const pages = guarded.pull(ctx, partition, 'sweep', null)[Symbol.asyncIterator]();
    const { value: page } = await pages.next();
    expect(page.documents[0]).toBe(source);
    expect(page).toMatchObject({
      failures: [{ title: '[secret]', url: null, message: 'm [secret]' }],
      gapReason: '[secret]',
    });
    await expect(page.documents[1].body()).rejects.toMatchObject({ message: 'no [secret]' });
    await expect(pages.next()).rejects.toMatchObject({ message: '[secret]' });
    expect(closed).toBe(true);

    closed = false;
    for await (const _ of guarded.pull(ctx, partition, 'sweep', null)) break;
    expect(closed).toBe(true);
  });

  it('cleans log lines deep inside their fields', () => {
    const lines: unknown[] = [];
    const note = (...line: unknown[]) => void lines.push(line);
    const logger = guardedLogger({ debug: note, info: note, warn: note }, credentials);
    const fields = { deep: [{ error: new Error(TOKEN) }], bytes: Buffer.from(TOKEN), n: 1 };
    logger.warn(`with ${TOKEN}`, fields);
    logger.info('plain');
    expect(lines).toEqual([
      [
        'with [secret]',
        {
          deep: [{ error: expect.objectContaining({ message: '[secret]' }) }],
          bytes: '[25 bytes]',
          n: 1,
        },
      ],
      ['plain', {}],
    ]);
    expect(inspect(lines, { depth: 9 })).not.toContain(TOKEN);
  });
});
