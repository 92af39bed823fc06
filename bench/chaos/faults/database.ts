import { TOLD_WITHIN_MS, type Fault } from '../fault.js';
import type { Fleet } from '../fleet.js';
import { metric, readiness } from '../health.js';
import { until } from '../until.js';

const CODE = 'database_unavailable';

async function tellsOfDatabase(fleet: Fleet): Promise<string[]> {
  for (const member of fleet.all)
    await until(`/readyz of ${member.name} says ${CODE}`, TOLD_WITHIN_MS, async () => {
      const ready = await readiness(member);
      return ready?.status === 503 && ready.code === CODE ? true : undefined;
    });
  await until('a write is refused', TOLD_WITHIN_MS, async () => {
    const { answer } = await fleet.writer.addOnce(1);
    return answer?.status === 503 && answer.code === CODE ? true : undefined;
  });
  await until('metrics say that the database is down', TOLD_WITHIN_MS, async () =>
    (await metric(fleet.api, 'tributary_database_up')) === 0 ? true : undefined,
  );
  return [`every /readyz and writes: 503 ${CODE}`, 'tributary_database_up 0'];
}

const restarted = (how: 'fast' | 'immediate'): Fault => ({
  kind: how === 'fast' ? 'postgresql restarted' : 'postgresql crashed',
  isPossible: ({ options }) => options.postgresql !== null,
  async begin(fleet) {
    const postgresql = fleet.options.postgresql!;
    await postgresql.stop(how);
    return {
      lastsMs: fleet.options.outageMs.brief,
      told: () => tellsOfDatabase(fleet),
      end: () => postgresql.start(),
    };
  },
});

export const databaseFaults = [restarted('fast'), restarted('immediate')];
