import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { endsWithUs } from './orphans.js';
import { sparePort } from './spare-port.js';

interface Account {
  uid?: number;
  gid?: number;
}

const ACCEPTS_WITHIN_MS = 60_000;

/** How a server ends: `fast` cuts connections and rolls back, `immediate` is a crash. */
const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const;

/**
 * A throwaway PostgreSQL with the durability that it comes with, to be stopped and started at will
 * (https://www.postgresql.org/docs/current/server-shutdown.html).
 */
export class PostgresqlCluster {
  private server: ChildProcess | null = null;

  private constructor(
    private readonly bin: string,
    private readonly folder: string,
    private readonly account: Account,
    private readonly port: number,
  ) {}

  /** @param bin folder of initdb and postgres */
  static async create(bin: string): Promise<PostgresqlCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'tributary-chaos-pg-'));
    const account = process.getuid?.() === 0 ? unprivilegedAccount() : {};
    const data = join(folder, 'data');
    mkdirSync(data, { mode: 0o700 });
    if (account.uid !== undefined)
      for (const path of [folder, data]) chownSync(path, account.uid, account.gid!);
    const initdb = ['-D', data, '-U', 'postgres', '--auth=trust', '-E', 'UTF8', '--locale=C'];
    execFileSync(join(bin, 'initdb'), initdb, { ...account, cwd: folder, stdio: 'pipe' });
    const cluster = new PostgresqlCluster(bin, folder, account, await sparePort());
    await cluster.start();
    return cluster;
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  async start(): Promise<void> {
    const settings = [
      `port=${this.port}`,
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'max_connections=100',
    ].flatMap((setting) => ['-c', setting]);
    const server = endsWithUs(
      spawn(join(this.bin, 'postgres'), ['-D', join(this.folder, 'data'), ...settings], {
        ...this.account,
        stdio: 'ignore',
        cwd: this.folder,
      }),
    );
    this.server = server;
    const deadline = Date.now() + ACCEPTS_WITHIN_MS;
    for (;;) {
      const client = new pg.Client({ connectionString: this.url });
      try {
        await client.connect();
        return await client.end();
      } catch (error) {
        if (server.exitCode !== null || Date.now() > deadline) throw error;
        await pause(50);
      }
    }
  }

  async stop(how: keyof typeof SIGNALS): Promise<void> {
    const { server } = this;
    this.server = null;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(SIGNALS[how]);
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop('immediate');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** PostgreSQL refuses to run as root. */
function unprivilegedAccount(): Account {
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      continue;
    }
  }
  throw new Error('PostgreSQL does not run as root and there is no other account');
}
