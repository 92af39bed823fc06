import { execFile, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../../src/common/compiled.js';
import {
  createTestDatabase,
  dropTestDatabase,
  postgresqlMissing,
} from '../../support/test-postgresql.js';
import { CliProcess } from './cli-process.js';

jest.setTimeout(180_000);

/** The commands of docs/guides/backup-and-restore.md. */
const DUMP = 'pg_dump --format=custom --no-owner --no-acl --file=tributary.dump "$DATABASE_URL"';
const RESTORE = [
  'pg_restore --exit-on-error --no-owner --no-acl --dbname="$DATABASE_URL" tributary.dump',
  'tributary migrate',
].join('\n');
const API_KEY = 'mv_backup_0123456789abcdef';

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

  async function shell(text: string, url: string): Promise<void> {
    const env = { PATH: [folder, tools].join(delimiter), DATABASE_URL: url };
    await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', text], { cwd: folder, env });
  }

  /** What a command says to a server that runs on the database for as long as it takes. */
  async function ask(url: string, ...args: string[]): Promise<string> {
    const env = {
      DATABASE_URL: url,
      PORT: '0',
      TRIBUTARY_MIGRATE: 'auto',
      TRIBUTARY_BOOTSTRAP_API_KEY: API_KEY,
    };
    const server = new CliProcess([], { program: 'main.js', env });
    await server.shows('"msg":"listening"');
    const TRIBUTARY_URL = /"url":"([^"]+)"/.exec(server.stdout)![1]!;
    const client = new CliProcess(args, { env: { TRIBUTARY_URL, TRIBUTARY_API_KEY: API_KEY } });
    const { stdout, stderr } = await client.end();
    server.kill('SIGTERM');
    await server.end();
    expect(stderr).toBe('');
    return stdout;
  }

  it('brings everything back after the database is lost', async () => {
    const first = await emptyDatabase();
    await ask(first, 'add', 'Alex prefers jasmine tea', '--collection', 'people');
    await shell(DUMP, first);
    await dropTestDatabase(first);

    const second = await emptyDatabase();
    await shell(RESTORE, second);
    expect(await ask(second, 'search', 'jasmine', '--collection', 'people')).toContain('Alex');
  });
});
