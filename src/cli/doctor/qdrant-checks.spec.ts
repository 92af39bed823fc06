import { startQdrantDouble, type QdrantDouble } from '../../../test/simulators/qdrant/index.js';
import { Secret } from '../../common/secret.js';
import { checkQdrant, judgeVersion } from './qdrant-checks.js';

const ORIGIN = 'http://qdrant:6333';

describe('doctor on Qdrant', () => {
  let double: QdrantDouble;
  const check = (key?: string) =>
    checkQdrant({ url: double.url, apiKey: key === undefined ? undefined : new Secret(key) });

  // The client warns of keys over plain HTTP.
  beforeEach(() => jest.spyOn(console, 'warn').mockImplementation());
  afterEach(async () => {
    jest.restoreAllMocks();
    const { violations } = double;
    await double.close();
    expect(violations).toEqual([]);
  });

  it('is content with a server that needs no key', async () => {
    double = await startQdrantDouble();
    expect(await check()).toEqual({
      name: 'Qdrant',
      state: 'ok',
      message: '1.18.3, no key needed',
    });
  });

  it('tells whether the key is the right one, and never shows it', async () => {
    double = await startQdrantDouble({ apiKey: 'right' });
    expect(await check('right')).toMatchObject({ state: 'ok', message: '1.18.3, key accepted' });
    expect(await check('wr0ng')).toMatchObject({
      state: 'fail',
      message: `${double.url} refuses the key of QDRANT_API_KEY`,
    });
    expect(await check()).toMatchObject({
      state: 'fail',
      message: `${double.url} wants a key; set QDRANT_API_KEY`,
    });
  });

  it('says where nothing answers', async () => {
    double = await startQdrantDouble();
    await double.down();
    const { state, message } = await check();
    expect(state).toBe('fail');
    expect(message).toMatch(new RegExp(`^${double.url}: .*ECONNREFUSED`));
  });

  it('says where something else answers', async () => {
    double = await startQdrantDouble();
    const fetched = jest.spyOn(globalThis, 'fetch');
    for (const status of [200, 404]) {
      fetched.mockImplementation(() => Promise.resolve(new Response('<h1>nginx</h1>', { status })));
      expect(await check('right')).toMatchObject({
        state: 'fail',
        message: `what answers at ${double.url} is no Qdrant; look at QDRANT_URL`,
      });
    }
  });

  it('takes no failure of the server for a wrong key', async () => {
    double = await startQdrantDouble();
    double.faults.add({ do: '500' });
    const { state, message } = await check('right');
    expect(state).toBe('fail');
    expect(message).not.toContain('QDRANT_API_KEY');
  });
});

describe('the version of Qdrant', () => {
  it.each([
    ['1.17.0', 'ok'],
    ['1.18.3', 'ok'],
    ['2.0.0', 'ok'],
    ['1.16.3', 'fail'],
    ['0.20.0', 'fail'],
  ])('%s is judged as %s', (version, state) => {
    expect(judgeVersion(version, ORIGIN).state).toBe(state);
  });

  it('that is too old is told with the one that is needed', () => {
    expect(judgeVersion('1.16.3', ORIGIN).message).toBe('1.16.3; version 1.17 or later is needed');
  });

  it.each([undefined, 'nginx'])('%s is that of something else', (version) => {
    expect(judgeVersion(version, ORIGIN)).toMatchObject({
      state: 'fail',
      message: `what answers at ${ORIGIN} is no Qdrant; look at QDRANT_URL`,
    });
  });
});
