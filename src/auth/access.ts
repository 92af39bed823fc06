import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension } from '@nestjs/swagger';
import type { Scope } from '../common/http/api-request.js';

export type Access =
  { kind: 'public' } | { kind: 'operator' } | { kind: 'tenant'; scopes: readonly Scope[] };

export const ACCESS = Symbol('Access');
export const RESTRICTED_KEYS = Symbol('RestrictedKeys');

/** The route needs a tenant's key with all of these scopes. */
export const Scopes = (...scopes: [Scope, ...Scope[]]) =>
  applyDecorators(
    SetMetadata(ACCESS, { kind: 'tenant', scopes } satisfies Access),
    ApiBearerAuth('apiKey'),
    ApiExtension('x-scopes', scopes),
  );

/** The route needs no key. */
export const Public = () => SetMetadata(ACCESS, { kind: 'public' } satisfies Access);

/** The route works across tenants and needs the operator key. */
export const OperatorOnly = () =>
  applyDecorators(
    SetMetadata(ACCESS, { kind: 'operator' } satisfies Access),
    ApiBearerAuth('operatorKey'),
  );

/**
 * Lets keys that are restricted to one collection use a route without `:collection` in its path
 * (elsewhere the guard compares that parameter). The handler then minds `key.collection` itself,
 * e.g. with `requireCollectionAccess`.
 */
export const AllowsRestrictedKeys = () => SetMetadata(RESTRICTED_KEYS, true);
