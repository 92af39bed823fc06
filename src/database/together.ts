import type { EntityManager } from 'typeorm';
import { clientOf } from './prepared-statement.js';

type Parts<Results extends readonly unknown[]> = {
  readonly [Key in keyof Results]: () => Promise<Results[Key]>;
};

/**
 * Runs parts of a transaction that do not need each other's results. A server gets their statements
 * without waiting for the answers in between
 * (https://www.postgresql.org/docs/current/libpq-pipeline-mode.html), in the order in which the
 * parts send them, so rows may refer to those of an earlier part; the embedded database runs one
 * part after the other. All have ended when this
 * returns or throws, so that none sends anything after the rollback.
 * @throws what failed first: the rest fails because of it
 */
export async function together<Results extends readonly unknown[]>(
  tx: EntityManager,
  ...parts: Parts<Results>
): Promise<Results> {
  const list = parts as readonly (() => Promise<unknown>)[];
  const results = clientOf(tx).pipeline ? await atOnce(list) : await oneByOne(list);
  return results as unknown as Results;
}

async function atOnce(parts: readonly (() => Promise<unknown>)[]): Promise<unknown[]> {
  const errors: unknown[] = [];
  const results = await Promise.all(
    parts.map(async (part) => {
      try {
        return await part();
      } catch (error) {
        errors.push(error);
        return undefined;
      }
    }),
  );
  if (errors.length > 0) throw errors[0];
  return results;
}

async function oneByOne(parts: readonly (() => Promise<unknown>)[]): Promise<unknown[]> {
  const results: unknown[] = [];
  for (const part of parts) results.push(await part());
  return results;
}
