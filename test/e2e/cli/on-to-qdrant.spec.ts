import type { SearchHit } from '../../../src/search/search.schema.js';
import { startQdrantDouble, type QdrantDouble } from '../../simulators/qdrant/index.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import {
  createTestDatabase,
  dropTestDatabase,
  postgresqlMissing,
} from '../../support/test-postgresql.js';
import { runCli } from './cli-process.js';

const API_KEY = 'mv_onwards_0123456789abcdef';
const MOVE = 'tributary migrate --move-vectors';
const REPAIR = 'tributary doctor --repair';
const argumentsOf = (line: string): string[] => line.split(' ').slice(1);
const TEXTS = ['Alex prefers jasmine tea', 'Backups run at four in the morning'];

const missing = postgresqlMissing({ pgvector: true });
const onServer = missing ? describe.skip : describe;

onServer(`vectors that move on to Qdrant${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let database: string;
  let double: QdrantDouble;
  let app: TestApp | null = null;

  beforeAll(async () => {
    database = await createTestDatabase();
    double = await startQdrantDouble();
  });
  afterAll(async () => {
    await app?.close();
    await double.close();
    await dropTestDatabase(database);
  });

  const start = async (env: Record<string, string> = {}): Promise<TestApp> => {
    const common = { DATABASE_URL: database, TRIBUTARY_BOOTSTRAP_API_KEY: API_KEY };
    app = await startApp({ env: { ...common, ...env } });
    return app;
  };
  const path = '/v1/memory/collections/plans';
  const found = async (at: TestApp): Promise<string[]> => {
    const { body } = await at.request('POST', `${path}/search`, { body: { query: 'jasmine tea' } });
    return (body as SearchHit[]).map(({ text }) => text);
  };

  it('are made again by the commands of the guide', async () => {
    const before = await start();
    for (const text of TEXTS) await before.request('POST', `${path}/memories`, { body: { text } });
    expect((await found(before))[0]).toBe(TEXTS[0]);
    await before.close();

    const onQdrant = { DATABASE_URL: database, QDRANT_URL: double.url };
    await expect(start(onQdrant)).rejects.toMatchObject({
      message: expect.stringContaining(MOVE),
    });
    const moved = await runCli(argumentsOf(MOVE), { env: onQdrant });
    expect(moved).toMatchObject({ exit: 0, stdout: expect.stringContaining(REPAIR) });

    const after = await start(onQdrant);
    expect(await found(after)).toEqual([]);
    // No tenant's key is needed.
    const env = { TRIBUTARY_URL: after.url, TRIBUTARY_OPERATOR_KEY: after.operatorKey };
    const repaired = await runCli(argumentsOf(REPAIR), { env });
    expect(repaired).toMatchObject({ exit: 0 });
    expect((await found(after))[0]).toBe(TEXTS[0]);
    expect(double.violations).toEqual([]);

    const doctor = await runCli(['doctor', '--json'], { env: onQdrant });
    const { checks } = JSON.parse(doctor.stdout) as { checks: { name: string; state: string }[] };
    const state = (name: string) => checks.find((check) => check.name === name)?.state;
    expect([state('migrations'), state('Qdrant')]).toEqual(['ok', 'ok']);
  });
});
