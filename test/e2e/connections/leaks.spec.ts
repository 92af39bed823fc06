import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '../../../src/database/database.js';
import { BACKUPS } from '../../../src/database/database.module.js';
import type { Backups } from '../../../src/database/embedded/backups.js';
import { migratedDataDirectory } from '../../support/data-directory-template.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import { SecretiveSource } from '../../support/secretive-source.js';

const PATH = '/v1/memory/connections';
/** Looks different in URLs, JSON and base64. */
const FIRST = 'tok+first/planted"0123456789é';
const REFRESHED = 'tok+refreshed/planted"0123456789é';
const SECOND = 'tok+second/planted"0123456789é';
const REFUSED = 'tok+refused/planted"0123456789é';
const PRIVATE =
  '-----BEGIN PRIVATE KEY-----\nMIIplantedline1\nMIIplantedline2\n-----END PRIVATE KEY-----';
const PLANTED = [FIRST, REFRESHED, SECOND, REFUSED, 'MIIplantedline1', 'MIIplantedline2'];
/** Is stored as it is: what finds it would find a leak too. */
const CONTROL = 'kept-in-the-open-0123456789';

const FORMS = new Map(PLANTED.map((secret) => [secret, forms(secret)]));

describe('a planted credential', () => {
  let dataDir: string;
  let elsewhere: string;
  let app: TestApp;
  let connection: string;
  let ring: string;
  const source = new SecretiveSource();
  const answers: string[] = [];
  let last: unknown;

  beforeAll(async () => {
    dataDir = await migratedDataDirectory();
    elsewhere = mkdtempSync(join(tmpdir(), 'tributary-leaks-'));
    for (const token of [FIRST, REFRESHED, SECOND]) source.accounts.set(token, 'account');
    app = await startApp({ connectors: source.registry, env: { TRIBUTARY_DATA_DIR: dataDir } });
    connection = (await send('POST', '', { token: FIRST, key: { private_key: PRIVATE } })).id;
    await send('POST', '', { token: REFUSED });
    await send('PATCH', `/${connection}`, { token: REFUSED });
    source.refreshed = REFRESHED;
    for (const trouble of ['none', 'client', 'bug', 'auth', 'transient'] as const) {
      source.trouble = trouble;
      await send('POST', `/${connection}/sync?wait=${trouble !== 'transient'}`);
      await send('POST', `/${connection}/resume`);
    }
    await send('POST', `/${connection}/cancel`);
    source.refreshed = null;
    source.trouble = 'none';
    await send('PATCH', `/${connection}`, { token: SECOND, key: { private_key: PRIVATE } });
    await send('POST', `/${connection}/probe`);
    last = await send('POST', `/${connection}/sync`);
    ring = readFileSync(join(dataDir, 'encryption-keys'), 'utf8').trim().split(':')[1]!;
  });
  afterAll(() => {
    for (const folder of [dataDir, elsewhere]) rmSync(folder, { recursive: true, force: true });
  });

  /** Each with an Idempotency-Key, so that the answers are stored as well. */
  async function send(method: string, path: string, credentials?: unknown) {
    const body =
      credentials === undefined
        ? {}
        : {
            credentials,
            ...(method === 'POST' && { provider: 'secretive', name: CONTROL, schedule: null }),
          };
    const headers = { 'idempotency-key': `request-${answers.length}` };
    const answer = await app.request(method, PATH + path, { body, headers, allow500: true });
    answers.push(answer.text);
    return answer.body;
  }

  it('was used by everything that could leak it', () => {
    expect(source.used).toContain(FIRST);
    expect(source.used).toContain(REFRESHED);
    expect(last).toMatchObject({ coalesced: false, status: 'partial' });
    expect(source.used).toContain(SECOND);
    const text = answers.join('\n');
    for (const proof of [
      '[secret] is revoked',
      'cannot read [secret]',
      '401 for [secret]',
      'Refused: [secret]',
    ])
      expect(text).toContain(proof);
  });

  it('is in no answer', () => {
    expect(leaks(answers.join('\n'))).toEqual([]);
  });

  it('is in no line of the log', () => {
    const text = app.logs.join('\n');
    expect(text).toContain('listing with [secret]');
    expect(leaks(text)).toEqual([]);
  });

  it('is shown by no route that reads', async () => {
    const { paths } = (await app.request('GET', '/openapi.json')).body;
    const rows = await app.nest.get(Database).asSystem((tx) =>
      tx.query<{ id: string }[]>(
        `select id from runs union all select id from failures union all select id from documents
         union all select id from jobs`,
      ),
    );
    const ids = [connection, ...rows.map(({ id }) => id)];
    let shown = '';
    let called = 0;
    for (const path of Object.keys(paths).filter((one) => paths[one].get)) {
      for (const id of path.includes('{id}') ? ids : ['']) {
        const url = path.replace('{id}', id).replace('{collection}', 'default');
        for (const key of [app.apiKey, app.operatorKey]) {
          shown += (await app.request('GET', url, { key, allow500: true })).text;
          called += 1;
        }
      }
    }
    expect(called).toBeGreaterThan(30);
    expect(shown).toContain(CONTROL);
    expect(shown).toContain('[secret]');
    expect(leaks(shown)).toEqual([]);
  });

  it('is in no row of any table', async () => {
    const dump = await app.nest.get(Database).asSystem(async (tx) => {
      const tables = await tx.query<{ name: string }[]>(
        `select table_name as name from information_schema.tables
         where table_schema = current_schema() and table_type = 'BASE TABLE'`,
      );
      let text = '';
      for (const { name } of tables) {
        const rows = await tx.query<{ row: string }[]>(`select t::text as row from "${name}" t`);
        text += rows.map(({ row }) => `${name} ${row}\n`).join('');
      }
      return text;
    });
    expect(dump).toContain(CONTROL);
    expect(dump).toMatch(/^credentials /m);
    expect(leaks(dump)).toEqual([]);
    expect(dump).not.toContain(ring);
    expect(dump).not.toContain(Buffer.from(ring, 'base64').toString('hex'));
  });

  it('is in no file of a backup, and neither is the key that opens it', async () => {
    const backups = app.nest.get<Backups>(BACKUPS);
    const { path } = await backups.create(join(elsewhere, 'backup'));
    const files = contents(path);
    expect(files.some(({ text }) => text.includes(CONTROL))).toBe(true);
    for (const { name, text } of files) {
      expect([name, leaks(text)]).toEqual([name, []]);
      expect([name, holdsKey(text)]).toEqual([name, false]);
    }
  });

  it('is in no file of the data directory, and its key in one file only', async () => {
    await app.close();
    const files = contents(dataDir);
    expect(files.some(({ text }) => text.includes(CONTROL))).toBe(true);
    for (const { name, text } of files) expect([name, leaks(text)]).toEqual([name, []]);
    const withKey = files.filter(({ text }) => holdsKey(text)).map(({ name }) => name);
    expect(withKey).toEqual([join(dataDir, 'encryption-keys')]);
  });

  const holdsKey = (text: string): boolean =>
    text.includes(ring) || text.includes(Buffer.from(ring, 'base64').toString('latin1'));
});

/** Every form of every planted secret that is in the text. */
function leaks(text: string): string[] {
  return [...FORMS].flatMap(([secret, all]) =>
    all.filter((form) => text.includes(form)).map((form) => `${secret} as ${form}`),
  );
}

function forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const inside = [1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .slice(4, -4),
  );
  return [
    secret,
    bytes.toString('latin1'),
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    bytes.toString('base64').replace(/.{1,3}=*$/, ''),
    bytes.toString('base64url').replace(/.{1,3}$/, ''),
    hex,
    hex.toUpperCase(),
    ...inside,
  ];
}

function contents(folder: string): { name: string; text: string }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((name) => ({ name, text: readFileSync(name, 'latin1') }));
}
