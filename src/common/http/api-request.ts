import type { ExecutionContext } from '@nestjs/common';
import type { Request, Response } from 'express';

export const SCOPES = ['memory:read', 'memory:write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** What a request knows about the API key that signed it. */
export interface ApiKeyIdentity {
  readonly id: string;
  readonly tenant: string;
  readonly tenantName: string;
  readonly plan: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Name of the only collection that the key may touch; null = all. */
  readonly collection: string | null;
}

export type Caller = { kind: 'tenant'; key: ApiKeyIdentity } | { kind: 'operator' };

/** Express' request with what middleware, guards and the body reader leave on it. */
export interface ApiRequest extends Request {
  requestId: string;
  /** Set by the authentication guard; absent on public routes. */
  caller?: Caller;
  /** SHA-256 of the bytes of the body, unpacked; absent on reads. */
  bodyHash?: Buffer;
  /** Of a request with an Idempotency-Key: the same for each repeat of it, else unique (UUID). */
  repeatSeed?: string;
}

/** Methods without a body, which change nothing. */
export function isRead(request: ApiRequest): boolean {
  return request.method === 'GET' || request.method === 'HEAD';
}

export function requestOf(context: ExecutionContext): ApiRequest {
  return context.switchToHttp().getRequest<ApiRequest>();
}

export function responseOf(context: ExecutionContext): Response {
  return context.switchToHttp().getResponse<Response>();
}
