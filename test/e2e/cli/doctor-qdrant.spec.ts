import { startQdrantDouble, type QdrantDouble } from '../../simulators/qdrant/index.js';
import { runCli } from './cli-process.js';

interface Answer {
  checks: { name: string; state: string; message: string }[];
}

describe('tributary doctor in server mode', () => {
  // Nobody listens there: whether PostgreSQL answers changes nothing for Qdrant.
  const env = { DATABASE_URL: 'postgres://127.0.0.1:1/none' };
  let double: QdrantDouble;

  beforeAll(async () => {
    double = await startQdrantDouble({ apiKey: 'right' });
  });
  afterAll(() => double.close());

  async function checks(more: Record<string, string>) {
    const { stdout } = await runCli(['doctor', '--json'], { env: { ...env, ...more } });
    const all = (JSON.parse(stdout) as Answer).checks;
    expect(all.map(({ name }) => name)).toContain('database');
    return all.filter(({ name }) => name === 'Qdrant');
  }

  it('looks at the Qdrant that is to keep the vectors', async () => {
    const given = { QDRANT_URL: double.url, QDRANT_API_KEY: 'right' };
    expect(await checks(given)).toEqual([
      { name: 'Qdrant', state: 'ok', message: '1.18.3, key accepted' },
    ]);
    expect(double.violations).toEqual([]);
  });

  it('says nothing of Qdrant where PostgreSQL keeps them', async () => {
    expect(await checks({})).toEqual([]);
  });
});
