import { execFile, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { projectRoot } from '../../../src/common/compiled.js';
import { startQdrantDouble, type QdrantDouble } from '../../simulators/qdrant/index.js';
import { eventually } from '../../support/eventually.js';
import {
  createTestDatabase,
  dropTestDatabase,
  postgresqlMissing,
} from '../../support/test-postgresql.js';
import { CliProcess } from './cli-process.js';

/** The commands of docs/guides/backup-and-restore.md. */
const DUMP = 'pg_dump --format=custom --no-owner --no-acl --file=tributary.dump "$DATABASE_URL"';
const RESTORE = [
  'pg_restore --exit-on-error --no-owner --no-acl --dbname="$DATABASE_URL" tributary.dump',
  'tributary migrate',
].join('\n');
const REINDEX = 'tributary reindex';
const API_KEY = 'mv_backup_0123456789abcdef';
const OPERATOR_KEY = 'backup-operator-key';
const TEA = 'Alex prefers jasmine tea';
const TOMATOES = 'Berta grows tomatoes';
const BICYCLES = 'Chris repairs bicycles';
const UNAVAILABLE = { code: 'index_unavailable' };
const PEOPLE = '/v1/memory/collections/people';

interface Memory {
  id: string;
  text: string;
}

/** A server while it runs. */
interface Served {
  /** What a command says. */
  say(...args: string[]): Promise<string>;
  request<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }>;
}

const tools = [process.env['TRIBUTARY_TEST_PG_BIN'], process.env['PATH']]
  .filter((part) => part !== undefined)
  .join(delimiter);
const dumps = spawnSync('pg_dump', ['--version'], { env: { PATH: tools } }).status === 0;
const missing = postgresqlMissing({ pgvector: true }) ?? (dumps ? null : 'there is no pg_dump');
const onServer = missing ? describe.skip : describe;

onServer(`a dump of PostgreSQL${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let folder: string;
  const opened: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tributary-dump-'));
    const cli = join(projectRoot, 'dist', 'src', 'cli', 'main.js');
    await writeFile(
      join(folder, 'tributary'),
      `#!/bin/sh\nexec '${process.execPath}' '${cli}' "$@"`,
    );
    await chmod(join(folder, 'tributary'), 0o755);
  });
  afterAll(async () => {
    for (const url of opened) await dropTestDatabase(url);
    await rm(folder, { recursive: true, force: true });
  });

  async function emptyDatabase(): Promise<string> {
    const url = await createTestDatabase();
    opened.push(url);
    return url;
  }

  async function shell(
    text: string,
    url: string,
    settings: Record<string, string> = {},
  ): Promise<void> {
    const env = { PATH: [folder, tools].join(delimiter), DATABASE_URL: url, ...settings };
    await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', text], { cwd: folder, env });
  }

  /** Runs a server on the database for as long as the work takes. */
  async function serve<T>(
    url: string,
    work: (server: Served) => Promise<T>,
    settings: Record<string, string> = {},
  ): Promise<T> {
    const env = {
      DATABASE_URL: url,
      PORT: '0',
      TRIBUTARY_MIGRATE: 'auto',
      TRIBUTARY_BOOTSTRAP_API_KEY: API_KEY,
      TRIBUTARY_OPERATOR_KEY: OPERATOR_KEY,
      ...settings,
    };
    const server = new CliProcess([], { program: 'main.js', env });
    await server.shows('"msg":"listening"');
    const TRIBUTARY_URL = /"url":"([^"]+)"/.exec(server.stdout)![1]!;
    const keys = { TRIBUTARY_API_KEY: API_KEY, TRIBUTARY_OPERATOR_KEY: OPERATOR_KEY };
    try {
      return await work({
        async say(...args) {
          const client = new CliProcess(args, { env: { TRIBUTARY_URL, ...keys } });
          const { stdout, stderr } = await client.end();
          expect(stderr).toBe('');
          return stdout;
        },
        async request(method, path, body) {
          const headers = {
            authorization: `Bearer ${API_KEY}`,
            'content-type': 'application/json',
          };
          const init = { method, headers, body: body && JSON.stringify(body) };
          const response = await fetch(TRIBUTARY_URL + path, init as RequestInit);
          return { status: response.status, body: (await response.json()) as never };
        },
      });
    } finally {
      server.kill('SIGTERM');
      await server.end();
    }
  }

  it('brings everything back after the database is lost', async () => {
    const first = await emptyDatabase();
    await serve(first, ({ say }) => say('add', TEA, '--collection', 'people'));
    await shell(DUMP, first);
    await dropTestDatabase(first);

    const second = await emptyDatabase();
    await shell(RESTORE, second);
    const found = await serve(second, ({ say }) => say('search', 'tea', '--collection', 'people'));
    expect(found).toContain(TEA);
  });

  describe('with vectors in Qdrant', () => {
    let qdrant: QdrantDouble;
    let first: string;

    beforeEach(async () => {
      qdrant = await startQdrantDouble();
      first = await emptyDatabase();
    });
    afterEach(async () => {
      const { violations } = qdrant;
      await qdrant.close();
      expect(violations).toEqual([]);
    });

    const withQdrant = <T>(url: string, work: (server: Served) => Promise<T>): Promise<T> =>
      serve(url, work, { QDRANT_URL: qdrant.url });

    async function add({ request }: Served, text: string): Promise<string> {
      const added = await request<Memory>('POST', `${PEOPLE}/memories`, { text });
      expect(added.status).toBe(201);
      return added.body.id;
    }

    const search = ({ request }: Served, query: string) =>
      request<Memory[]>('POST', `${PEOPLE}/search`, { query, mode: 'text' });

    async function texts(server: Served, query: string): Promise<string[]> {
      const { status, body } = await search(server, query);
      expect(status).toBe(200);
      return body.map(({ text }) => text);
    }

    /** Until Qdrant has all that was written: a dump with marks would mend by itself. */
    async function indexed(url: string): Promise<void> {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      try {
        await eventually('an empty outbox', async () => {
          const { rowCount } = await client.query('select from outbox limit 1');
          return rowCount === 0 || undefined;
        });
      } finally {
        await client.end();
      }
    }

    async function restored(): Promise<string> {
      await dropTestDatabase(first);
      const second = await emptyDatabase();
      await shell(RESTORE, second, { QDRANT_URL: qdrant.url });
      return second;
    }

    it('finds every memory again after a reindex, when Qdrant was lost too', async () => {
      await withQdrant(first, async (server) => {
        for (const text of [TEA, TOMATOES, BICYCLES]) await add(server, text);
        await indexed(first);
        await shell(DUMP, first);
      });
      qdrant.wipe();
      const second = await restored();
      await withQdrant(second, async (server) => {
        const [, ...args] = REINDEX.split(' ');
        let isOver = false;
        const reindexing = server.say(...args).finally(() => (isOver = true));
        let looks = 0;
        while (!isOver || looks === 0) {
          const { status, body } = await search(server, 'tomatoes');
          if (status === 200) expect(body).toMatchObject([{ text: TOMATOES }]);
          else expect([status, body]).toEqual([503, expect.objectContaining(UNAVAILABLE)]);
          looks += 1;
        }
        await reindexing;
        expect(await texts(server, 'jasmine')).toEqual([TEA]);
        expect(await texts(server, 'tomatoes')).toEqual([TOMATOES]);
        expect(await texts(server, 'bicycles')).toEqual([BICYCLES]);
      });
    });

    it('shows rows of the dump over newer points, and is right after a reindex', async () => {
      await withQdrant(first, async (server) => {
        const ids = [await add(server, TOMATOES), await add(server, BICYCLES)];
        await indexed(first);
        await shell(DUMP, first);
        await add(server, 'Dora paints lighthouses');
        const changed = { text: 'Berta collects stamps' };
        const path = `${PEOPLE}/memories`;
        expect((await server.request('PATCH', `${path}/${ids[0]}`, changed)).status).toBe(200);
        expect((await server.request('DELETE', `${path}/${ids[1]}`)).status).toBe(200);
        await indexed(first);
      });
      const second = await restored();
      await withQdrant(second, async (server) => {
        const look = async () => ({
          added: await texts(server, 'lighthouses'),
          changed: [await texts(server, 'stamps'), await texts(server, 'tomatoes')],
          deleted: await texts(server, 'bicycles'),
        });
        expect(await look()).toEqual({ added: [], changed: [[TOMATOES], []], deleted: [] });
        const [, ...args] = REINDEX.split(' ');
        await server.say(...args);
        const right = { added: [], changed: [[], [TOMATOES]], deleted: [BICYCLES] };
        expect(await look()).toEqual(right);
      });
    });
  });
});
