import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { newKey, VaultFixture } from './vault-fixture.js';

const TOKEN = 'xoxb-planted-0123456789';
const UNREADABLE = { code: 'credentials_unreadable' };

describeOnEachDatabase(
  'the credential vault',
  (open) => {
    const key = newKey('a');
    let process: VaultFixture;
    beforeAll(async () => {
      process = new VaultFixture(await open(), [key]);
    });

    it('gives back what was stored, numbers and objects included', async () => {
      const credentials = {
        token: TOKEN,
        expires: 12,
        nested: { a: ['b'] },
        empty: '',
        none: null,
      };
      const { id, own } = await process.tenant(credentials);
      expect(await process.load(id, own[0]!)).toEqual(credentials);
    });

    it('has nothing for another tenant, whatever it asks', async () => {
      const { id, own } = await process.tenant({ token: TOKEN });
      const other = await process.tenant();
      expect(await process.load(other.id, own[0]!)).toEqual({});
      expect(await process.store(other.id, own[0]!, { token: 'mine' })).toBeNull();
      expect(await process.load(id, own[0]!)).toEqual({ token: TOKEN });
    });

    it('keeps values, key bytes and plain data keys out of the rows', async () => {
      const { id } = await process.tenant({ token: TOKEN });
      const rows = await process.sql<{ row: string }>(
        `select t::text as row from tenants t where id = $1
         union all select s::text from credentials s`,
        [id],
      );
      const text = rows.map(({ row }) => row).join('\n');
      for (const form of [TOKEN, Buffer.from(TOKEN).toString('hex')])
        expect(text).not.toContain(form);
      expect(text).not.toContain(Buffer.from(key.slice(2), 'base64').toString('hex'));
    });

    it('replaces all fields at once and counts versions up', async () => {
      const { id, own } = await process.tenant({ token: 'one', old: 'field' });
      expect(await process.store(id, own[0]!, { token: 'two' })).toBe(2);
      expect(await process.load(id, own[0]!)).toEqual({ token: 'two' });
      expect(await process.store(id, own[0]!, {})).toBe(3);
      expect(await process.load(id, own[0]!)).toEqual({});
    });

    it('shows names and times of fields, and goes with the connection', async () => {
      const { id, own } = await process.tenant({ b: 1, a: 2 }, {});
      const shown = await process.database.inTenant(id, (tx) =>
        process.vault.describe(tx, id, own),
      );
      expect([...shown]).toEqual([[own[0], { fields: ['a', 'b'], updatedAt: expect.any(Date) }]]);
      const has = (connection: string) =>
        process.database.inTenant(id, (tx) => process.vault.has(tx, id, connection));
      expect([await has(own[0]!), await has(own[1]!)]).toEqual([true, false]);
      await process.sql(`delete from connections where id = $1`, [own[0]]);
      const left = await process.sql(`select 1 from credentials where connection_id = $1`, [
        own[0],
      ]);
      expect(left).toEqual([]);
    });

    describe('rows that were tampered with', () => {
      const flip = (column: string) =>
        `set_byte(${column}, length(${column}) - 1, get_byte(${column}, length(${column}) - 1) # 1)`;

      it.each([
        ['iv', `update credentials set iv = ${flip('iv')}`],
        ['tag', `update credentials set tag = ${flip('tag')}`],
        ['ciphertext', `update credentials set ciphertext = ${flip('ciphertext')}`],
        ['tag cut short', `update credentials set tag = substring(tag for 12)`],
        ['version', `update credentials set version = version + 1`],
        ['key id', `update credentials set key_id = 'another'`],
        ['field', `update credentials set field = 'password'`],
      ])('do not open: %s', async (_, change) => {
        const { id, own } = await process.tenant({ token: TOKEN });
        await process.sql(`${change} where connection_id = $1`, [own[0]]);
        await expect(process.load(id, own[0]!)).rejects.toMatchObject(UNREADABLE);
      });

      it.each([
        ['data key', `update tenants set data_key_wrapped = ${flip('data_key_wrapped')}`],
        [
          'data key cut short',
          `update tenants set data_key_wrapped = substring(data_key_wrapped for 20)`,
        ],
        ['no data key', `update tenants set data_key_wrapped = null`],
      ])('do not open: %s', async (_, change) => {
        const { id, own } = await process.tenant({ token: TOKEN });
        await process.sql(`${change} where id = $1`, [id]);
        await expect(process.load(id, own[0]!)).rejects.toMatchObject(UNREADABLE);
        await process.store(id, own[0]!, { token: 'given again' });
        expect(await process.load(id, own[0]!)).toEqual({ token: 'given again' });
      });

      it('do not open under a key of the same id with other bytes, and do under the right one', async () => {
        const { id, own } = await process.tenant({ token: TOKEN });
        const other = new VaultFixture(process.database, [newKey('a')]);
        await expect(other.load(id, own[0]!)).rejects.toMatchObject(UNREADABLE);
        expect(await process.load(id, own[0]!)).toEqual({ token: TOKEN });
      });

      it('do not open swapped between fields, connections or tenants', async () => {
        const one = await process.tenant({ user: 'u', token: TOKEN }, { token: 'second' });
        const two = await process.tenant({ token: 'third' });
        const copy = (from: string, to: string, fields: [string, string]) =>
          process.sql(
            `update credentials t set iv = s.iv, tag = s.tag, ciphertext = s.ciphertext,
               version = s.version, key_id = s.key_id
             from credentials s where s.connection_id = $1 and s.field = $3
               and t.connection_id = $2 and t.field = $4`,
            [from, to, ...fields],
          );
        await copy(one.own[0]!, one.own[1]!, ['token', 'token']);
        await expect(process.load(one.id, one.own[1]!)).rejects.toMatchObject(UNREADABLE);
        await copy(one.own[0]!, two.own[0]!, ['token', 'token']);
        await expect(process.load(two.id, two.own[0]!)).rejects.toMatchObject(UNREADABLE);
        await copy(one.own[0]!, one.own[0]!, ['token', 'user']);
        await expect(process.load(one.id, one.own[0]!)).rejects.toMatchObject(UNREADABLE);
      });

      it('do not open with the data key of another tenant', async () => {
        const one = await process.tenant({ token: TOKEN });
        const two = await process.tenant({ token: 'third' });
        await process.sql(
          `update tenants t set data_key_wrapped = s.data_key_wrapped from tenants s
           where s.id = $1 and t.id = $2`,
          [one.id, two.id],
        );
        await expect(process.load(two.id, two.own[0]!)).rejects.toMatchObject(UNREADABLE);
      });
    });

    describe('a process without the right keys', () => {
      it('says which key is missing and changes nothing', async () => {
        const { id, own } = await process.tenant({ token: TOKEN });
        const other = new VaultFixture(process.database, [newKey('b')]);
        const missing = { code: 'encryption_key_missing', message: expect.stringContaining('"a"') };
        await expect(other.load(id, own[0]!)).rejects.toMatchObject(missing);
        await expect(other.store(id, own[0]!, { token: 'new' })).rejects.toMatchObject(missing);
        await expect(other.rotate(id)).rejects.toMatchObject(missing);
        expect(await process.load(id, own[0]!)).toEqual({ token: TOKEN });
      });
    });

    describe('credentials that a run holds', () => {
      it('are decrypted once, when first asked for', async () => {
        const { id, own } = await process.tenant({ token: TOKEN });
        const run = process.run(id, own[0]!);
        expect(run.secrets()).toEqual([]);
        expect(await run.get()).toEqual({ token: TOKEN });
        await process.store(id, own[0]!, { token: 'given by a person' });
        expect(await run.get()).toEqual({ token: TOKEN });
        expect(await run.changedMeanwhile()).toBe(true);
        expect(run.secrets().map((secret) => secret.reveal())).toEqual([TOKEN]);
      });

      it('are stored when refreshed', async () => {
        const { id, own } = await process.tenant({ refresh: 'first-refresh' });
        const run = process.run(id, own[0]!);
        await run.update({ refresh: 'second-refresh' });
        expect(await run.get()).toEqual({ refresh: 'second-refresh' });
        expect(await run.changedMeanwhile()).toBe(false);
        await run.update({ refresh: 'third-refresh' });
        expect(await process.load(id, own[0]!)).toEqual({ refresh: 'third-refresh' });
        expect(run.secrets().map((secret) => secret.reveal())).toEqual([
          'second-refresh',
          'first-refresh',
          'third-refresh',
        ]);
      });

      it('give way to what somebody else stored meanwhile', async () => {
        const { id, own } = await process.tenant({ refresh: 'first' });
        const run = process.run(id, own[0]!);
        await run.get();
        await process.store(id, own[0]!, { refresh: 'given by a person' });
        await run.update({ refresh: 'made from the first' });
        expect(await run.get()).toEqual({ refresh: 'given by a person' });
        expect(await process.load(id, own[0]!)).toEqual({ refresh: 'given by a person' });
      });

      it('end with one winner when many refresh at once, and all then hold the same', async () => {
        const { id, own } = await process.tenant({ refresh: 'first' });
        const runs = Array.from({ length: 8 }, () => process.run(id, own[0]!));
        await Promise.all(runs.map((run) => run.get()));
        await Promise.all(runs.map((run, n) => run.update({ refresh: `by run ${n}` })));
        const stored = await process.load(id, own[0]!);
        expect(stored).toEqual({ refresh: expect.stringMatching(/^by run \d$/) });
        for (const run of runs) expect(await run.get()).toEqual(stored);
      });

      it('ask for new ones when they cannot be read, and recover when a key comes back', async () => {
        const { id, own } = await process.tenant({ token: TOKEN });
        const without = new VaultFixture(process.database, [newKey('b')]).run(id, own[0]!);
        await expect(without.get()).rejects.toMatchObject({ code: 'encryption_key_missing' });
        const run = process.run(id, own[0]!);
        await process.sql(`update credentials set tag = iv where connection_id = $1`, [own[0]]);
        await expect(run.get()).rejects.toMatchObject({ name: 'AuthError', ...UNREADABLE });
        await process.store(id, own[0]!, { token: 'new' });
        expect(await run.get()).toEqual({ token: 'new' });
      });
    });
  },
  { pgvector: false },
);
