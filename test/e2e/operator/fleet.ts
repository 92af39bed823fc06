import type { Database } from '../../../src/database/database.js';

/**
 * Two tenants with connections in every state, runs of every kind and memories of all ages,
 * written as rows: what an operator looks at takes weeks to come about by itself.
 */
export async function fillFleet(database: Database): Promise<void> {
  await database.asSystem(async (tx) => {
    const [first] = await tx.query(`select id from tenants limit 1`);
    const second = crypto.randomUUID();
    await tx.query(`insert into tenants (id, name) values ($1, 'Second')`, [second]);
    const [space] = await tx.query(
      `insert into embedding_spaces (model, dimensions) values ('test:fleet', 4) returning id`,
    );
    const collection = crypto.randomUUID();
    await tx.query(
      `insert into collections (id, tenant_id, name, space_id) values ($1, $2, 'notes', $3)`,
      [collection, first.id, space.id],
    );

    const connection = async (
      name: string,
      status: string,
      {
        tenant = first.id as string,
        provider = 'slack',
        reason = '',
        errors = 0,
        goodMinutes = 30,
      },
    ): Promise<string> => {
      const id = crypto.randomUUID();
      await tx.query(
        `insert into connections (id, tenant_id, provider, account_id, name, collection_id, status,
           status_reason, consecutive_errors, schedule, last_success_at)
         values ($1::uuid, $2, $3, $1::text, $4, $5, $6, $7, $8, '{"every_minutes": 30}',
           now() - make_interval(mins => $9::int))`,
        [id, tenant, provider, name, collection, status, reason, errors, goodMinutes],
      );
      return id;
    };
    const run = async (id: string, provider: string, state: string, more: RunMore = {}) => {
      await tx.query(
        `insert into runs (id, tenant_id, connection_id, provider, trigger, priority, state, run_at,
           finished_at, error_detail, held_deletions)
         values (gen_random_uuid(), $1, $2, $3, 'schedule', 0, $4,
           now() - make_interval(secs => $5::int),
           case when $6::int is null then null else now() - make_interval(hours => $6::int) end,
           $7, $8)`,
        [
          first.id,
          id,
          provider,
          state,
          more.dueSeconds ?? 0,
          more.endedHours ?? null,
          more.code ? JSON.stringify({ code: more.code, message: 'x', retryable: false }) : null,
          more.held ? JSON.stringify({ count: 60, partitions: [], since: '2026-01-01' }) : null,
        ],
      );
    };

    const lost = await connection('Lost token xoxb-123456-abcdefgh', 'needs_auth', {
      tenant: second,
    });
    await run(lost, 'slack', 'error', { endedHours: 2, code: 'auth_failed' });
    const broken = await connection('Broken', 'error', { errors: 5 });
    await run(broken, 'slack', 'error', { endedHours: 3, code: 'source_broken' });
    const stopped = await connection('Stopped', 'paused', { reason: 'paused on request' });
    await run(stopped, 'slack', 'waiting');
    const wrong = await connection('Wrong settings', 'paused', { reason: 'no such channel' });
    await run(wrong, 'slack', 'running');
    const held = await connection('Held', 'active', { goodMinutes: 300 });
    await run(held, 'slack', 'partial', { endedHours: 5, held: true });
    const files = await connection('Folder', 'active', { provider: 'files' });
    await run(files, 'files', 'success', { endedHours: 100 });
    await run(files, 'files', 'queued', { dueSeconds: 120 });

    const document = async (state: string, seq: number): Promise<string> => {
      const id = crypto.randomUUID();
      await tx.query(
        `insert into documents (id, tenant_id, connection_id, collection_id, provider, account_id,
           external_id, partition_key, seq, version, state)
         values ($1::uuid, $2, $3, $4, 'slack', 'a', $1::text, 'p', $5, '1', $6)`,
        [id, first.id, held, collection, seq, state],
      );
      return id;
    };
    const live = await document('live', 1);
    await document('suspect', 2);
    const gone = await document('deleted', 3);

    const memory = async (fields: string, values: string, from?: string): Promise<string> => {
      const id = crypto.randomUUID();
      await tx.query(
        `insert into memories (id, tenant_id, collection_id, document_id, text, text_hash${fields})
         values ($1::uuid, $2, $3, $4, 'x', $1::text${values})`,
        [id, first.id, collection, from ?? null],
      );
      return id;
    };
    const current = await memory('', '');
    await memory('', '', live);
    await memory(', visible', ', false', gone);
    const old = `now() - interval '200 days'`;
    await memory(', updated_at', `, ${old}`);
    await memory(', updated_at', `, ${old}`);
    await memory(', updated_at, pinned', `, ${old}, true`);
    await memory(', expires_at', `, ${old}`);
    await memory(', archived, visible', ', true, false');
    const replaced = await memory(', is_latest, visible', ', false, false');
    await memory('', '');
    await tx.query(`insert into edges (from_id, to_id, kind) values ($1, $2, 'supersedes')`, [
      current,
      replaced,
    ]);
    await tx.query(
      `insert into outbox (memory_id, space_id, created_at, error)
       values ($1, 1, now() - interval '5 minutes', 'No space left on device'), ($2, 1, now(), null)`,
      [current, replaced],
    );
  });
}

interface RunMore {
  dueSeconds?: number;
  endedHours?: number;
  code?: string;
  held?: boolean;
}
