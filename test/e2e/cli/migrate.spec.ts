import pg from 'pg';
import {
  createTestDatabase,
  dropTestDatabase,
  postgresqlMissing,
} from '../../support/test-postgresql.js';
import { CliProcess, type Finished } from './cli-process.js';

/** The commands of docs/guides/from-one-machine-to-many.md. */
const CHECK = 'tributary migrate --check';
const MIGRATE = 'tributary migrate';

const missing = postgresqlMissing({ pgvector: true });
const onServer = missing ? describe.skip : describe;

onServer(`tributary migrate${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let url: string;

  beforeEach(async () => {
    url = await createTestDatabase();
  });
  afterEach(() => dropTestDatabase(url));

  const run = (command: string, ...more: string[]): Promise<Finished> => {
    const args = [...command.split(' ').slice(1), ...more];
    return new CliProcess(args, { env: { DATABASE_URL: url } }).end();
  };
  const replica = (): CliProcess => {
    const env = { DATABASE_URL: url, TRIBUTARY_MIGRATE: 'never', PORT: '0' };
    return new CliProcess([], { program: 'main.js', env });
  };

  it('is awaited by replicas that never migrate, and lets them start', async () => {
    const refused = await replica().end();
    expect(refused.exit).toBe(6);
    expect(refused.stderr).toMatch(/^error: The database lacks \d+ .+ \(migrations_pending\)\n$/);

    const before = await run(CHECK);
    expect(before.exit).toBe(1);
    expect(before.stdout).toContain('pending  CreateTenants');
    const done = await run(MIGRATE);
    expect(done.exit).toBe(0);
    expect(done.stdout).toBe(before.stdout.replaceAll('pending ', 'applied '));
    expect(await run(CHECK)).toMatchObject({ exit: 0, stdout: 'Nothing is pending.\n' });

    const server = replica();
    await server.shows('"msg":"listening"');
    server.kill('SIGTERM');
    expect((await server.end()).exit).toBe(0);
  });

  it('changes nothing with --check', async () => {
    await run(CHECK);
    expect((await run(CHECK, '--json')).stdout).toContain('CreateTenants');
  });

  it('lets the earlier version start on a database of a later one', async () => {
    await run(MIGRATE);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(
      `insert into migrations (timestamp, name) values (9999999999999, 'Later9999999999999')`,
    );
    await client.end();
    expect(await run(CHECK)).toMatchObject({ exit: 0 });
    expect(await run(MIGRATE)).toMatchObject({ exit: 0, stdout: 'Nothing to do.\n' });
    const server = replica();
    await server.shows('"msg":"listening"');
    server.kill('SIGTERM');
    expect((await server.end()).exit).toBe(0);
  });

  it('runs each migration once when several are started together', async () => {
    const jobs = await Promise.all([run(MIGRATE, '--json'), run(MIGRATE, '--json')]);
    expect(jobs.map(({ exit }) => exit)).toEqual([0, 0]);
    const applied = jobs.map(({ stdout }) => (JSON.parse(stdout) as { applied: string[] }).applied);
    expect(applied.map((names) => names.length > 0).sort()).toEqual([false, true]);
  });
});

describe('tributary migrate without a server', () => {
  it('says that the embedded database needs no such step', async () => {
    const { exit, stderr } = await new CliProcess(['migrate'], {}).end();
    expect(exit).toBe(2);
    expect(stderr).toBe(
      'error: there is no DATABASE_URL (usage_error)\n' +
        'An embedded database is migrated by the start of its server.\n',
    );
  });
});
