import type { MigrationInterface, QueryRunner } from 'typeorm';
import { guard, OF_COLLECTION, unguard } from '../row-policies.js';

/** Only where vectors live in Qdrant. */
export class GuardPoints1763700000113 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await guard(runner, 'point_vectors', OF_COLLECTION);
    await guard(runner, 'point_words', OF_COLLECTION);
    // Which physical collection is searched, the same for all.
    await guard(runner, 'index_versions', { select: 'true' });
    // A search looks which of its points are to be made anew.
    await guard(runner, 'outbox', { select: OF_COLLECTION });
    await marksAs(runner, 'security definer set search_path = %I, pg_temp');
  }

  async down(runner: QueryRunner): Promise<void> {
    await marksAs(runner, 'security invoker reset search_path');
    await runner.query(`drop policy tenant_select on outbox`);
    for (const table of ['index_versions', 'point_words', 'point_vectors'])
      await unguard(runner, table);
  }
}

/**
 * Triggers write marks, for whoever changes a row: as the owner of the marks, since those of
 * deleted rows belong to no collection any more.
 * @param how `%I` stands for the schema
 */
async function marksAs(runner: QueryRunner, how: string): Promise<void> {
  await runner.query(`
    do $$ declare marker regprocedure; begin
      for marker in select distinct t.tgfoid::regprocedure from pg_trigger t
        join pg_class c on c.oid = t.tgrelid
        join pg_proc p on p.oid = t.tgfoid and p.proname like 'mark\\_%'
        where c.relnamespace = current_schema()::regnamespace
      loop
        execute 'alter function ' || marker || format(' ${how}', current_schema());
      end loop;
    end $$`);
}
