import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { newKey, VaultFixture } from './vault-fixture.js';

const many = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ a: `a${n}`, b: `b${n}` }));

describeOnEachDatabase(
  'key rotation',
  (open) => {
    const [old, fresh] = [newKey('old'), newKey('fresh')];
    let before: VaultFixture;
    let after: VaultFixture;
    beforeAll(async () => {
      before = new VaultFixture(await open(), [old]);
      after = new VaultFixture(before.database, [fresh, old]);
    });
    // Progress is told over all tenants.
    beforeEach(() => before.sql(`delete from tenants`));

    it('encrypts everything anew in batches, so that the old key can go', async () => {
      const { id, own } = await before.tenant(...many(120));
      expect(await after.rotation.status()).toMatchObject({
        active_key: 'fresh',
        total: 241,
        done: 0,
        remaining: 241,
        complete: false,
        keys: [
          { id: 'fresh', active: true, removable: false },
          { id: 'old', in_ring: true, data_keys: 1, credentials: 240, removable: false },
        ],
      });
      expect(await after.rotate(id)).toEqual({ resealed: 240, unreadable: [] });
      expect(await after.rotation.status()).toMatchObject({
        total: 241,
        remaining: 0,
        complete: true,
        keys: [
          { id: 'fresh', data_keys: 1, credentials: 240 },
          { id: 'old', data_keys: 0, credentials: 0, removable: true },
        ],
      });
      const without = new VaultFixture(before.database, [fresh]);
      for (const [n, connection] of own.entries())
        expect(await without.load(id, connection)).toEqual({ a: `a${n}`, b: `b${n}` });
    });

    it('keeps versions, so that a run that holds credentials can still store refreshed ones', async () => {
      const { id, own } = await before.tenant({ refresh: 'first' });
      const run = before.run(id, own[0]!);
      await run.get();
      await after.rotate(id);
      expect(await run.changedMeanwhile()).toBe(false);
      const same = after.run(id, own[0]!);
      await same.get();
      await same.update({ refresh: 'second' });
      expect(await after.load(id, own[0]!)).toEqual({ refresh: 'second' });
    });

    it('goes on where it was stopped; meanwhile everything is readable and can be stored', async () => {
      const { id, own } = await before.tenant(...many(130));
      let batches = 0;
      const signal = {
        throwIfAborted() {
          if ((batches += 1) > 2) throw new Error('stopped');
        },
      } as AbortSignal;
      await expect(after.rotate(id, signal)).rejects.toThrow('stopped');

      const half = await after.rotation.status();
      expect(half.done).toBeGreaterThan(1);
      expect(half.remaining).toBeGreaterThan(100);
      expect(half.keys.find((key) => key.id === 'old')).toMatchObject({ removable: false });
      await after.store(id, own[5]!, { a: 'changed' });
      expect(await after.load(id, own[5]!)).toEqual({ a: 'changed' });
      expect(await after.load(id, own[129]!)).toEqual({ a: 'a129', b: 'b129' });

      await after.rotate(id);
      expect(await after.rotation.status()).toMatchObject({ complete: true });
      const without = new VaultFixture(before.database, [fresh]);
      expect(await without.load(id, own[5]!)).toEqual({ a: 'changed' });
      expect(await without.load(id, own[129]!)).toEqual({ a: 'a129', b: 'b129' });
    });

    it('misses nothing that is stored while it runs', async () => {
      const { id, own } = await before.tenant(...many(110));
      await Promise.all([
        after.rotate(id),
        ...own.map((connection, n) =>
          before.store(id, connection, { a: `new ${n}` }).catch(ignore),
        ),
        after.rotate(id),
      ]);
      await after.rotate(id);
      const without = new VaultFixture(before.database, [fresh]);
      for (const connection of own)
        expect(Object.keys(await without.load(id, connection))).toContain('a');

      function ignore(error: { code: string }): void {
        // That process does not know the new key; the data key may be wrapped with it by now.
        expect(error.code).toBe('encryption_key_missing');
      }
    });

    it('leaves a field that cannot be opened behind and names its connection', async () => {
      const { id, own } = await before.tenant({ token: 'good' }, { token: 'bad' });
      await before.sql(`update credentials set tag = iv where connection_id = $1`, [own[1]]);
      expect(await after.rotate(id)).toEqual({ resealed: 1, unreadable: [own[1]] });
      expect(await after.rotation.status()).toMatchObject({ complete: true, unreadable: 1 });
      const without = new VaultFixture(before.database, [fresh]);
      expect(await without.load(id, own[0]!)).toEqual({ token: 'good' });
      await expect(without.load(id, own[1]!)).rejects.toMatchObject({
        code: 'credentials_unreadable',
      });
      await without.store(id, own[1]!, { token: 'given again' });
      expect(await without.rotation.status()).toMatchObject({ complete: true, unreadable: 0 });
    });

    it('goes through a chain of keys and back', async () => {
      const { id, own } = await before.tenant({ token: 'good' });
      const third = newKey('third');
      await after.rotate(id);
      await new VaultFixture(before.database, [third, fresh]).rotate(id);
      const back = new VaultFixture(before.database, [old, third]);
      await back.rotate(id);
      expect(await before.load(id, own[0]!)).toEqual({ token: 'good' });
    });

    it('drops a data key that nothing needs', async () => {
      const { id, own } = await before.tenant({ token: 'good' });
      await before.sql(`delete from connections where id = $1`, [own[0]]);
      await after.rotate(id);
      expect(await after.rotation.status()).toMatchObject({ total: 0, complete: true });
    });
  },
  { pgvector: false },
);
