import { AsyncLocalStorage } from 'node:async_hooks';

/** What log lines say about the request that they belong to. */
export interface RequestContext {
  readonly requestId: string;
}

export const requestContext = new AsyncLocalStorage<RequestContext>();
