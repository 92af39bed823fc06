import type { ApiKeyIdentity, Scope } from '../common/http/api-request.js';
import { AppError } from '../common/errors/app-error.js';

/** For routes where only some requests need a further scope (a dry run against the real one). */
export function requireScope(key: ApiKeyIdentity, scope: Scope): void {
  if (!key.scopes.includes(scope)) {
    throw new AppError('forbidden', `This API key lacks the scope ${scope}.`);
  }
}

/** For collections that are named in a body or a query. */
export function requireCollectionAccess(key: ApiKeyIdentity, collection: string): void {
  if (key.collection !== null && key.collection !== collection.normalize('NFC')) {
    throw new AppError(
      'collection_forbidden',
      `This API key may only use the collection "${key.collection}".`,
    );
  }
}
