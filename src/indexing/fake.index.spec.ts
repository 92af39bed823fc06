import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { FakeVectorIndex, type FakeMemory } from './fake.index.js';
import { vectorIndexContract } from './vector-index.contract.js';

describe('FakeVectorIndex', () => {
  vectorIndexContract(() => {
    const rows = new Map<string, FakeMemory>();
    const noTransaction = undefined as unknown as EntityManager;
    return Promise.resolve({
      index: new FakeVectorIndex((id) => rows.get(id)!),
      tenant: randomUUID(),
      space: { id: 1, dimensions: 3 },
      transaction: (work) => work(noTransaction),
      addSpace: () => Promise.resolve({ id: 2, dimensions: 3 }),
      addCollection: () => Promise.resolve(randomUUID()),
      addRow: (_, labels) => {
        const id = randomUUID();
        rows.set(id, { visible: true, ...labels });
        return Promise.resolve(id);
      },
      settle: () => Promise.resolve(),
    });
  });
});
