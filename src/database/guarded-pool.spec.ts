import { EventEmitter } from 'node:events';
import type { ClientBase } from 'pg';
import { GuardedPool } from './guarded-pool.js';
import { insideTransaction, transactionScope } from './transaction-scope.js';

describe('GuardedPool', () => {
  // No server listens there: a connection that is tried fails with another error.
  const pool = new GuardedPool({ host: '127.0.0.1', port: 1 });

  it('refuses a connection inside a transaction at once, in both call styles', async () => {
    await transactionScope(async () => {
      await expect(pool.connect()).rejects.toThrow('inside a transaction');
      const heard = await new Promise((resolve) => pool.connect((error) => resolve(error)));
      expect(heard).toMatchObject({ message: expect.stringContaining('inside a transaction') });
      await expect(pool.query('select 1')).rejects.toThrow('inside a transaction');
    });
  });

  it('outlives a server that ends a connection in the moment in which it is handed out', async () => {
    class EndedAtOnce extends EventEmitter {
      connect(connected: (error?: Error) => void): void {
        connected();
        this.emit('error', new Error('terminating connection due to administrator command'));
      }
    }
    const ending = new GuardedPool({ Client: EndedAtOnce as unknown as new () => ClientBase });
    await expect(ending.connect()).resolves.toBeInstanceOf(EndedAtOnce);
  });

  it('tries to connect outside one', async () => {
    await expect(pool.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('transactionScope', () => {
  it('ends with its work, also for what the work left running', async () => {
    const later: { check?: Promise<boolean> } = {};
    let go: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (go = resolve));
    await transactionScope(async () => {
      expect(insideTransaction()).toBe(true);
      later.check = ended.then(insideTransaction);
      await Promise.resolve();
    });
    go();
    expect(await later.check).toBe(false);
    expect(insideTransaction()).toBe(false);
  });
});
