import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { requestOf, type ApiKeyIdentity } from '../common/http/api-request.js';

/** The tenant's id (a UUID): the first argument of every service method. */
export const CurrentTenant = createParamDecorator(
  (_: unknown, context: ExecutionContext): string => keyOf(context).tenant,
);

/** The API key that signed the request: `@CurrentKey() key: ApiKeyIdentity`. */
export const CurrentKey = createParamDecorator((_: unknown, context: ExecutionContext) =>
  keyOf(context),
);

function keyOf(context: ExecutionContext): ApiKeyIdentity {
  const { caller } = requestOf(context);
  if (caller?.kind !== 'tenant') throw new Error('the route has no @Scopes, so it has no tenant');
  return caller.key;
}
