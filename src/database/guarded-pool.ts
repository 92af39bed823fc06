import pg from 'pg';
import { insideTransaction } from './transaction-scope.js';

type ConnectCallback = Parameters<pg.Pool['connect']>[0];

/**
 * Refuses a second connection to whoever holds a transaction. With the one session of embedded
 * mode it would wait for itself for ever; on a server it would not see the transaction's rows,
 * and enough such requests at once would empty the pool. `Database.beside` is the way around it.
 */
export class GuardedPool extends pg.Pool {
  constructor(config?: pg.PoolConfig) {
    super(config);
    // The pool stops listening when it hands a connection out, and TypeORM starts a moment later. A
    // server that shuts down in between would end this process: an error without a listener does.
    // Whoever uses the connection learns of it by the next statement.
    this.on('connect', (client) => client.on('error', () => undefined));
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | void {
    if (!insideTransaction()) return callback ? super.connect(callback) : super.connect();
    const error = new Error(
      'A second connection was asked for inside a transaction; use the EntityManager given to it.',
    );
    if (!callback) return Promise.reject(error);
    callback(error, undefined, () => undefined);
  }
}
