import { randomUUID } from 'node:crypto';
import type { Database } from '../../../src/database/database.js';
import { FailuresRepository } from '../../../src/sync/failures/failures.repository.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { QueuedRuns } from './queued-runs.js';

describeOnEachDatabase('a document that fails again and again', (open) => {
  let database: Database;
  let connection: string;
  const failures = new FailuresRepository();
  const record = () =>
    database.asSystem((tx) =>
      failures.record(tx, connection, [
        {
          id: randomUUID(),
          externalId: 'broken.pdf',
          stage: 'extract',
          code: 'corrupt',
          message: 'It is cut short.',
          title: 'broken.pdf',
          url: null,
          partition: '.',
          version: '1',
        },
      ]),
    );
  const pause = async (): Promise<number> => {
    const rows = await database.asSystem((tx) =>
      tx.query<{ minutes: number }[]>(
        `select round(extract(epoch from next_at - updated_at) / 60)::int as minutes from failures
         where connection_id = $1`,
        [connection],
      ),
    );
    return rows[0]!.minutes;
  };

  beforeAll(async () => {
    database = await open();
    connection = await (await QueuedRuns.prepare(database)).connection();
  });

  it('waits twice as long after each try, up to a day', async () => {
    const pauses: number[] = [];
    for (let tries = 0; tries < 13; tries++) {
      await record();
      pauses.push(await pause());
    }
    expect(pauses.slice(0, 4)).toEqual([1, 2, 4, 8]);
    expect(pauses.slice(-2)).toEqual([1440, 1440]);
  });

  it('can be recorded after years of tries', async () => {
    await database.asSystem((tx) =>
      tx.query('update failures set attempts = 100000 where connection_id = $1', [connection]),
    );
    await record();
    expect(await pause()).toBe(1440);
  });
});
