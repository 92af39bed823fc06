import { AsyncLocalStorage } from 'node:async_hooks';

interface Scope {
  /** False once the transaction has ended; work it started in passing may go on after it. */
  open: boolean;
}

const scopes = new AsyncLocalStorage<Scope>();

export function insideTransaction(): boolean {
  return scopes.getStore()?.open ?? false;
}

/** Runs `work` marked as being inside a transaction. */
export async function transactionScope<T>(work: () => Promise<T>): Promise<T> {
  const scope: Scope = { open: true };
  try {
    return await scopes.run(scope, work);
  } finally {
    scope.open = false;
  }
}

/** Runs `work`, begun inside a transaction, as if it were not. */
export function outsideTransaction<T>(work: () => T): T {
  return scopes.run({ open: false }, work);
}
