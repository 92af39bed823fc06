import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

/** Resolves once no mark waits to be applied to Qdrant. */
export async function untilApplied(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (;;) {
      const { rowCount } = await client.query('select from outbox limit 1');
      if (rowCount === 0) return;
      await pause(50);
    }
  } finally {
    await client.end();
  }
}
