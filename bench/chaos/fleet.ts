import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { Corpus } from '../support/corpus.js';
import { randomFrom } from '../support/random.js';
import type { IndexServer } from './index-server.js';
import { Ledger } from './ledger.js';
import { Member } from './member.js';
import type { PostgresqlCluster } from './postgresql-cluster.js';
import { SourceFolder } from './source-folder.js';
import { Writer } from './writer.js';

const ROLES = ['api', 'api', 'worker', 'worker'] as const;
/** The least that can be configured, so that it can be reached. */
export const MAX_BACKLOG = 1000;

export interface FleetOptions {
  readonly seed: number;
  readonly databaseUrl: string;
  /** To be restarted at will; null: the database is somebody else's. */
  readonly postgresql: PostgresqlCluster | null;
  readonly index: IndexServer;
  readonly files: number;
  readonly outageMs: { readonly brief: number; readonly long: number };
}

interface Run {
  readonly status: string;
  readonly error: string | null;
  readonly attempts: readonly { readonly worker: string; readonly outcome: string | null }[];
}

/** Two APIs and two workers on one PostgreSQL and one Qdrant, a folder that they sync, clients. */
export class Fleet {
  readonly random: () => number;
  readonly ledger = new Ledger();
  readonly writer: Writer;
  readonly folder: SourceFolder;
  readonly env: Readonly<Record<string, string>>;
  connection = '';
  private readonly scratch = mkdtempSync(join(tmpdir(), 'tributary-chaos-'));
  private readonly members: Member[] = [];
  private readonly pool: pg.Pool;

  private constructor(readonly options: FleetOptions) {
    const { seed, databaseUrl, index, files } = options;
    this.random = randomFrom(seed);
    const corpus = new Corpus(seed);
    this.folder = new SourceFolder(corpus, this.random, files);
    this.writer = new Writer(this.ledger, () => this.running('api'), corpus, this.random);
    this.env = {
      DATABASE_URL: databaseUrl,
      QDRANT_URL: index.url,
      TRIBUTARY_QDRANT_PREFIX: 'chaos',
      TRIBUTARY_MAX_INDEX_BACKLOG: String(MAX_BACKLOG),
      TRIBUTARY_FILES_ROOTS: this.folder.path,
      TRIBUTARY_LOG_LEVEL: 'info',
    };
    this.pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
    // A restart of the server breaks it; the next query gets another connection.
    this.pool.on('error', () => undefined);
  }

  static async start(options: FleetOptions): Promise<Fleet> {
    const fleet = new Fleet(options);
    try {
      // One migrates, the others find it done.
      fleet.members.push(await fleet.launch(0));
      const others = await Promise.all([...ROLES.keys()].slice(1).map((at) => fleet.launch(at)));
      fleet.members.push(...others);
      const { id } = await fleet.api.ask<{ id: string }>('POST', '/v1/memory/connections', {
        body: { provider: 'files', config: { path: fleet.folder.path }, schedule: null },
      });
      fleet.connection = id;
      return fleet;
    } catch (error) {
      await fleet.remove();
      throw error;
    }
  }

  get all(): readonly Member[] {
    return this.members;
  }

  running(role: 'api' | 'worker'): Member[] {
    return this.members.filter((member) => member.isRunning && member.name.startsWith(role));
  }

  /** Any API that runs. */
  get api(): Member {
    return this.pick(this.running('api'));
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.random() * from.length)]!;
  }

  /** As a supervisor does with a process that has ended. */
  async restart(member: Member): Promise<void> {
    const at = this.members.indexOf(member);
    this.members[at] = await this.launch(at);
  }

  /** Asks for a sync; answers its run. */
  async sync(): Promise<string> {
    const path = `/v1/memory/connections/${this.connection}/sync?wait=false`;
    return (await this.api.ask<{ run_id: string }>('POST', path, { body: {} })).run_id;
  }

  run(id: string): Promise<Run> {
    return this.api.ask<Run>('GET', `/v1/memory/runs/${id}`);
  }

  /** Straight from the database. */
  async query<T extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<T[]> {
    return (await this.pool.query<T>(sql, values)).rows;
  }

  async remove(): Promise<void> {
    await this.writer.stop();
    await Promise.all(this.members.map((member) => member.kill()));
    await this.pool.end();
    this.folder.remove();
    rmSync(this.scratch, { recursive: true, force: true });
  }

  private launch(at: number): Promise<Member> {
    const role = ROLES[at]!;
    const name = `${role}-${at}`;
    return Member.start(name, { ...this.env, TRIBUTARY_ROLE: role }, this.scratch);
  }
}
