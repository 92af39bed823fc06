import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AppError } from '../common/errors/app-error.js';
import { requestOf, type ApiKeyIdentity } from '../common/http/api-request.js';
import { RESTRICTED_KEYS } from './access.js';
import { accessOf } from './authentication.guard.js';
import { requireCollectionAccess, requireScope } from './permissions.js';

/** Last guard: may they? */
@Injectable()
export class AuthorizationGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const access = accessOf(this.reflector, context);
    if (access.kind === 'public') return true;
    const { caller } = requestOf(context);
    if (access.kind === 'operator') {
      if (caller?.kind === 'operator') return true;
      throw new AppError('operator_only', 'This route needs the operator key.');
    }
    if (caller?.kind !== 'tenant') {
      throw new AppError('forbidden', "The operator key has no tenant; use a tenant's API key.");
    }
    for (const scope of access.scopes) requireScope(caller.key, scope);
    this.checkRestriction(context, caller.key);
    return true;
  }

  private checkRestriction(context: ExecutionContext, key: ApiKeyIdentity): void {
    if (key.collection === null) return;
    const named = requestOf(context).params['collection'];
    if (typeof named === 'string') return requireCollectionAccess(key, named);
    if (this.reflector.get<boolean | undefined>(RESTRICTED_KEYS, context.getHandler())) return;
    throw new AppError(
      'collection_forbidden',
      `This API key may only use the collection "${key.collection}".`,
    );
  }
}
