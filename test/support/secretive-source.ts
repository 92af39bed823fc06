import { z } from 'zod';
import type { ConnectorContext } from '../../connectors/sdk/context.js';
import { defineConnector, type Connector } from '../../connectors/sdk/contract.js';
import { AuthError, ItemError, TransientSourceError } from '../../connectors/sdk/errors.js';
import type { ConnectorRegistry } from '../../src/connections/connectors.js';
import { PARTITION, scripted } from './scripted-source.js';

const Credentials = z.strictObject({
  token: z.string().min(1),
  key: z.strictObject({ private_key: z.string() }).optional(),
});
type Credentials = z.infer<typeof Credentials>;
type Context = ConnectorContext<unknown, Credentials>;

/** A client library's error, which carries its request around. */
export class ClientError extends Error {
  readonly request: { headers: Record<string, string> };

  constructor(token: string) {
    super(`401 for ${token}`, { cause: new Error(`Basic ${encoded(token, 'base64')}`) });
    this.request = { headers: { authorization: `Bearer ${token}` } };
  }
}

/**
 * A source with credentials that lets them slip wherever it can: in checks, errors, log lines,
 * failures. Its tokens belong to accounts; a token that it does not know is refused.
 */
export class SecretiveSource {
  /** Token -> account. */
  readonly accounts = new Map<string, string>();
  /** Given out in place of the token at the next sync, as a refresh does. */
  refreshed: string | null = null;
  /** How the next sync fails. */
  trouble: 'none' | 'client' | 'transient' | 'auth' | 'bug' = 'none';
  /** Tokens that syncs were made with. */
  readonly used: string[] = [];
  /** Runs while a sync is under way. */
  during: () => Promise<void> = () => Promise.resolve();

  readonly connector: Connector = defineConnector<unknown, Credentials>({
    provider: 'secretive',
    title: 'Secretive',
    description: 'Needs a token.',
    configSchema: z.strictObject({ note: z.string().optional() }),
    credentialsSchema: Credentials,
    lanes: [{ name: 'sweep', kind: 'sweep', checkpointVersion: 1 }],
    limits: { maxBodyBytes: 1_000_000, concurrentReads: 2 },
    followsRenamesByContent: false,
    titlesFromContent: false,
    account: async (ctx) => {
      const { token } = await ctx.credentials.get();
      return { id: this.accounts.get(token) ?? 'nobody', title: 'Secretive account' };
    },
    probe: async (ctx) => {
      const { token } = await ctx.credentials.get();
      ctx.logger.warn(`asking with ${token}`, { token, url: encodeURIComponent(token) });
      const known = this.accounts.has(token);
      return [
        { name: 'reachable', outcome: 'passed', message: 'It answers.' },
        {
          name: 'token',
          outcome: known ? 'passed' : 'failed',
          message: known ? `Works: ${token}` : `Refused: ${token}`,
        },
      ];
    },
    async *partitions() {
      yield await Promise.resolve({ key: PARTITION, title: 'A channel' });
    },
    pull: (ctx) => this.list(ctx),
    verify: (_, refs) =>
      Promise.resolve(refs.map(({ externalId }) => ({ externalId, state: 'alive' as const }))),
    fetch: async (ctx) => {
      const { token } = await ctx.credentials.get();
      throw new ItemError('forbidden', `may not fetch with ${token}`);
    },
  });

  readonly registry: ConnectorRegistry = {
    get: (provider) => (provider === 'secretive' ? this.connector : undefined),
    list: () => [this.connector],
  };

  private async *list(ctx: Context) {
    const { token } = await ctx.credentials.get();
    this.used.push(token);
    ctx.logger.warn(`listing with ${token}`, {
      error: new ClientError(token),
      deep: [{ token, hex: encoded(token, 'hex') }],
    });
    if (this.refreshed !== null) await ctx.credentials.update({ token: this.refreshed });
    await this.during();
    this.fail(token);
    yield {
      documents: [
        scripted('good', 'A text without secrets.'),
        scripted('broken', 'unreadable', {
          body: () => Promise.reject(new ItemError('forbidden', `refused ${token}`)),
        }),
      ],
      tombstones: [],
      failures: [
        {
          externalId: 'unlisted',
          title: `Behind ${token}`,
          url: `https://vendor.test/?token=${encodeURIComponent(token)}`,
          stage: 'list' as const,
          code: 'forbidden',
          message: `hex ${encoded(token, 'hex')} base64 ${encoded(`me:${token}`, 'base64')}`,
          partition: PARTITION,
        },
      ],
      skipped: {},
      checkpoint: {},
      complete: false,
      gapReason: `stopped at ${token}`,
    };
  }

  private fail(token: string): void {
    const refused = !this.accounts.has(token);
    if (this.trouble === 'auth' || refused) throw new AuthError('revoked', `${token} is revoked`);
    if (this.trouble === 'client') throw new ClientError(token);
    if (this.trouble === 'transient')
      throw new TransientSourceError('unwell', `no answer to ${token}`, 1, {
        cause: new ClientError(token),
      });
    if (this.trouble === 'bug') throw new TypeError(`cannot read ${token}`);
  }
}

function encoded(text: string, encoding: 'hex' | 'base64'): string {
  return Buffer.from(text).toString(encoding);
}
