import { isDeepStrictEqual } from 'node:util';
import type { SearchedSpace } from './searched-spaces.js';

const MOST_SCOPES = 1_000;
/** A search in more takes so long that what a guess saves is not felt. */
const MOST_COLLECTIONS = 64;

/** What a search names: a tenant, a mode and collections. */
export type Scope = readonly unknown[];

/**
 * What the latest searches found in their scopes. Others read the statistics of these collections
 * without a wait for the rows of the collections; those then tell whether it was right.
 */
export class RecentScopes {
  private readonly scopes = new Map<string, readonly SearchedSpace[]>();

  guess(scope: Scope): readonly SearchedSpace[] {
    return this.scopes.get(keyOf(scope)) ?? [];
  }

  /** @returns whether the guess was right; another search may have remembered it meanwhile */
  confirm(scope: Scope, guess: readonly SearchedSpace[], found: readonly SearchedSpace[]): boolean {
    const key = keyOf(scope);
    const right = isDeepStrictEqual(guess, found);
    this.scopes.delete(key);
    if (countOf(found) <= MOST_COLLECTIONS) this.scopes.set(key, found);
    const [oldest] = this.scopes.keys();
    if (this.scopes.size > MOST_SCOPES) this.scopes.delete(oldest!);
    return right;
  }
}

function keyOf(scope: Scope): string {
  return JSON.stringify(scope);
}

function countOf(spaces: readonly SearchedSpace[]): number {
  return spaces.reduce((sum, { collections }) => sum + collections.length, 0);
}
