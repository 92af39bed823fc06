import { DataSource } from 'typeorm';
import { Database } from './database.js';

const TENANT = '00000000-0000-4000-8000-000000000001';
const EARLY = { answers: 'early' } as const;
const OPENING = expect.stringMatching(/^START TRANSACTION; SET LOCAL/) as string;

type Done = (error: Error | null, ...rest: unknown[]) => void;

/** Stands for `pg`: one connection that answers COMMIT when it is told to. */
class HeldCommits {
  readonly messages: string[] = [];
  /** What has left together, by the statements' texts. */
  readonly packets: string[][] = [];
  released = 0;
  private corked = false;
  private endCommit?: { resolve: (result: object) => void; reject: (error: Error) => void };

  readonly client = {
    on: () => undefined,
    removeListener: () => undefined,
    connection: {
      stream: {
        cork: () => {
          this.corked = true;
          this.packets.push([]);
        },
        uncork: () => {
          this.corked = false;
        },
      },
    },
    query: (sql: string) => {
      this.messages.push(sql);
      if (this.corked) this.packets.at(-1)!.push(sql);
      else this.packets.push([sql]);
      if (sql === 'COMMIT')
        return new Promise((resolve, reject) => (this.endCommit = { resolve, reject }));
      const row = { version: 'PostgreSQL 18.0', server_version: '18.0' };
      return Promise.resolve({ rows: [row], rowCount: 1, command: sql });
    },
  };

  readonly Pool = pool(this);

  async open(): Promise<Database> {
    const dataSource = new DataSource({ type: 'postgres', driver: this, installExtensions: false });
    await dataSource.initialize();
    this.messages.length = this.packets.length = this.released = 0;
    return new Database({ mode: 'server', dataSource, connections: 1 });
  }

  commit(): void {
    this.endCommit!.resolve({ rows: [], command: 'COMMIT' });
  }

  lose(): void {
    this.endCommit!.reject(Object.assign(new Error('lost'), { code: '08006' }));
  }
}

function pool(held: HeldCommits) {
  return class {
    on(): void {
      return undefined;
    }

    connect(done: Done): void {
      done(null, held.client, () => (held.released += 1));
    }

    end(done: Done): void {
      done(null);
    }
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a transaction that answers early', () => {
  let held: HeldCommits;
  let database: Database;
  const read = () =>
    database.inTenant(TENANT, (tx) => tx.query('select 1').then(() => 'read'), EARLY);

  beforeEach(async () => {
    held = new HeldCommits();
    database = await held.open();
  });

  it('gives its result before the database has answered COMMIT', async () => {
    expect(await read()).toBe('read');
    expect(held.messages).toEqual([OPENING, 'select 1', 'COMMIT']);
    expect(held.released).toBe(0);
    held.commit();
    await turn();
    expect(held.released).toBe(1);
  });

  it('keeps its connection from others until then', async () => {
    await read();
    const next = read();
    await turn();
    expect(held.messages).toHaveLength(3);
    held.commit();
    expect(await next).toBe('read');
    expect(held.messages).toHaveLength(6);
  });

  it('is awaited when the database is closed', async () => {
    await read();
    let closed = false;
    const closing = database.close().then(() => (closed = true));
    await turn();
    expect(closed).toBe(false);
    held.commit();
    await closing;
  });

  it('tells where COMMIT fails, and gives the connection and its place back', async () => {
    const told: unknown[] = [];
    database.onLateFailure = (error) => told.push(error);
    expect(await read()).toBe('read');
    held.lose();
    await turn();
    expect(told).toEqual([expect.objectContaining({ message: 'lost' })]);
    expect(held.released).toBe(1);
    expect(await read()).toBe('read');
  });

  it('sends as one message what waits for no answer', async () => {
    await read();
    expect(held.packets).toEqual([[OPENING, 'select 1', 'COMMIT']]);
    held.commit();
  });

  it('is the only kind that does', async () => {
    let answered = false;
    const written = database
      .inTenant(TENANT, (tx) => tx.query('insert'))
      .then(() => (answered = true));
    await turn();
    expect(answered).toBe(false);
    expect(held.packets).toEqual([['START TRANSACTION'], ['insert'], ['COMMIT']]);
    held.commit();
    await written;
  });
});
