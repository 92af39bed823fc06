import type { EntityManager } from 'typeorm';
import type { Database } from './database.js';

type Read<T> = (tx: EntityManager) => Promise<T>;

export interface TwoReads<First, Second> {
  readonly first: Read<First>;
  /** Runs where `first` does, or on another connection after `prepare`. */
  readonly second: Read<Second>;
  /** What `second` needs on another connection, e.g. settings. */
  readonly prepare: Read<unknown>;
}

/**
 * Two reads of one transaction at the same time. The second one runs on another connection where
 * one is to spare that has answered by the time the first one ends; else, and where it fails there,
 * it follows the first one. So nobody who holds a connection waits for another one to be free:
 * behind a pooler it might be held by somebody who waits as well.
 * @param tx of the tenant; its changes may be missing from what `second` reads
 */
export async function readAtOnce<First, Second>(
  database: Pick<Database, 'beside'>,
  tenant: string,
  tx: EntityManager,
  { first, second, prepare }: TwoReads<First, Second>,
): Promise<[First, Second]> {
  const turn: { of?: 'this' | 'other' } = {};
  const aside = database
    .beside(tenant, async (other) => {
      await prepare(other);
      if (turn.of === 'this') return undefined;
      turn.of = 'other';
      return { read: await second(other) };
    })
    // The database tells of it.
    ?.catch(() => undefined);
  const one = await first(tx).catch((error: unknown) => {
    turn.of ??= 'this';
    throw error;
  });
  const found = turn.of === 'other' ? await aside : undefined;
  turn.of = 'this';
  return [one, found ? found.read : await second(tx)];
}
