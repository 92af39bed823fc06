import { ManualClock } from '../../common/clock.js';
import { AppError } from '../../common/errors/app-error.js';
import type { QdrantParts } from '../qdrant/qdrant-parts.js';
import type { IndexHealth } from './index-health.js';
import { OutboxWorker } from './outbox-worker.js';

const SOME = 7;
const never = () => new Promise<never>(() => undefined);
const failing = () => Promise.reject(new AppError('index_unavailable', 'it makes no collection'));

/** @returns milliseconds between the attempts of the only loop that gets on */
function pausesOf(rebuild: Partial<QdrantParts['rebuild']>): Promise<number[]> {
  const applier = { applySome: never };
  const qdrant = { applier, rebuild: { step: never, findLost: never, ...rebuild } };
  const health = { failed: () => true } as unknown as IndexHealth;
  return new Promise((resolve) => {
    const pauses: number[] = [];
    const clock = new ManualClock();
    clock.sleep = (ms) => {
      if (pauses.push(ms) < SOME) return Promise.resolve();
      resolve(pauses);
      return never();
    };
    const parts = qdrant as unknown as QdrantParts;
    new OutboxWorker(parts, health, clock, { role: 'worker' }).onApplicationBootstrap();
  });
}

describe('OutboxWorker', () => {
  it('asks a Qdrant that does not answer ever more rarely', async () => {
    const pauses = await pausesOf({ findLost: failing });
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  it('carries rebuilds on every second though one of the spaces fails', async () => {
    expect(await pausesOf({ step: failing })).toEqual([500, ...Array<number>(SOME - 1).fill(1000)]);
  });
});
