import { AppError } from '../../common/errors/app-error.js';
import type { Database } from '../../database/database.js';
import type { OutboxRepository } from '../outbox/outbox.repository.js';
import { OutboxApplier } from './outbox-applier.js';
import type { PointSourcesRepository } from './point-sources.repository.js';
import { MayBeDoneLater } from './qdrant-errors.js';
import type { QdrantSpaces } from './qdrant-spaces.js';
import type { QdrantStore } from './qdrant-store.js';

describe('OutboxApplier, when Qdrant gives no answer', () => {
  const mark = { memory_id: crypto.randomUUID(), space_id: 1, generation: '1', attempts: 0 };
  let failure: Error;
  let giveBackd: number;

  function applier(): OutboxApplier {
    const outbox = {
      claim: () => Promise.resolve([mark]),
      giveBack: () => Promise.resolve(void (giveBackd += 1)),
    };
    return new OutboxApplier(
      { asSystem: (work: () => unknown) => work() } as unknown as Database,
      outbox as unknown as OutboxRepository,
      { byIds: () => Promise.resolve([]) } as unknown as PointSourcesRepository,
      { targets: () => Promise.resolve(['points']) } as unknown as QdrantSpaces,
      { delete: () => Promise.reject(failure) } as unknown as QdrantStore,
    );
  }

  beforeEach(() => {
    giveBackd = 0;
  });

  it('gives marks back at once where nothing was done', async () => {
    failure = new AppError('index_unavailable', 'ECONNREFUSED');
    await expect(applier().applySome()).rejects.toBe(failure);
    expect(giveBackd).toBe(1);
  });

  it('keeps them claimed where it may yet be done, after what another would write', async () => {
    failure = new MayBeDoneLater('The operation was aborted');
    await expect(applier().applySome()).rejects.toBe(failure);
    expect(giveBackd).toBe(0);
  });
});
