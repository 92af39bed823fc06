import { z } from 'zod';
import { registryOf } from '../../connectors/registry.js';
import { defineConnector } from '../../connectors/sdk/contract.js';
import { TransientSourceError } from '../../connectors/sdk/errors.js';
import { ManualClock } from '../common/clock.js';
import type { CredentialVault } from '../credentials/credential-vault.js';
import type { Database } from '../database/database.js';
import type { SourceCallsService } from '../sync/calls/source-calls.service.js';
import { ConnectionSetupService } from './connection-setup.service.js';

const never = () => new Promise<never>(() => undefined);
const listing = () => ({ [Symbol.asyncIterator]: () => ({ next: never }) });
const connector = defineConnector({
  provider: 'hung',
  title: 'Hung',
  description: 'A network mount whose server is gone.',
  configSchema: z.strictObject({}),
  credentialsSchema: z.strictObject({}),
  lanes: [],
  limits: { maxBodyBytes: 1, concurrentReads: 1 },
  followsRenamesByContent: false,
  titlesFromContent: false,
  account: never,
  probe: never,
  partitions: listing,
  pull: listing,
  verify: never,
  fetch: never,
});

describe('ConnectionSetupService', () => {
  const connection = { id: 'connection', provider: 'hung', config: {} };
  const setup = new ConnectionSetupService(
    {} as Database,
    {} as CredentialVault,
    { forCaller: () => ({}) } as unknown as SourceCallsService,
    registryOf([connector]),
    new ManualClock(),
  );

  it('answers although the source never does, nor heeds that nobody waits any more', async () => {
    const asked = setup.ask('tenant', connection, (hung, context) => hung.account(context));
    await expect(asked).rejects.toMatchObject({
      code: 'source_unavailable',
      message: 'Hung did not answer in full within 20 s.',
    });
  });

  it('tells when to ask again, where the source has said so', async () => {
    const busy = new TransientSourceError('busy', 'Come back later.', 30);
    const asked = setup.ask('tenant', connection, () => Promise.reject(busy));
    await expect(asked).rejects.toMatchObject({
      code: 'source_unavailable',
      retryAfter: 30,
    });
  });
});
