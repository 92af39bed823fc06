import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AppError } from '../common/errors/app-error.js';
import { requestOf } from '../common/http/api-request.js';
import { ACCESS, type Access } from './access.js';
import { Authenticator } from './authenticator.js';
import { KeyUsage } from './key-usage.js';

/** First guard: who is it? Leaves the caller on the request of every route that is not public. */
@Injectable()
export class AuthenticationGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
    private readonly usage: KeyUsage,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = accessOf(this.reflector, context);
    if (access.kind === 'public') return true;
    const request = requestOf(context);
    const [, token] = /^Bearer +(\S+)$/i.exec(request.get('authorization') ?? '') ?? [];
    if (token === undefined) {
      throw new AppError('unauthorized', 'Send an API key: "Authorization: Bearer mv_...".');
    }
    request.caller = await this.authenticator.authenticate(token);
    if (request.caller.kind === 'tenant') this.usage.note(request.caller.key.id);
    return true;
  }
}

/** A route that forgot to say who may use it is closed to everyone. */
export function accessOf(reflector: Reflector, context: ExecutionContext): Access {
  const targets = [context.getHandler(), context.getClass()];
  const access = reflector.getAllAndOverride<Access | undefined>(ACCESS, targets);
  if (access) return access;
  throw new Error(`${context.getClass().name}.${context.getHandler().name} states no access`);
}
