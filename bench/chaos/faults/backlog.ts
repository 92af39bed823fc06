import { always, TOLD_WITHIN_MS, type Fault, type Ongoing } from '../fault.js';
import { MAX_BACKLOG } from '../fleet.js';
import { until } from '../until.js';
import { tellsOfMarks } from './outages.js';

const AT_ONCE = 100;
const CODE = 'index_behind';

/** Qdrant is away until no more is taken: what is refused leaves no trace, and syncs wait. */
const full: Fault = {
  kind: 'outbox full',
  isPossible: always,
  async begin(fleet): Promise<Ongoing> {
    const { index, outageMs } = fleet.options;
    await index.down();
    const refused = await until(
      `an addition is refused as ${CODE}`,
      2 * TOLD_WITHIN_MS,
      async () => {
        const { act, answer } = await fleet.writer.addOnce(AT_ONCE);
        return answer?.code === CODE ? { act, answer } : undefined;
      },
    );
    fleet.folder.edit();
    const run = await fleet.sync();
    return {
      lastsMs: outageMs.brief,
      async told() {
        const { act, answer } = refused;
        if (answer.status !== 503 || answer.retryAfter === null)
          throw new Error(`the refusal was ${answer.status}, retry after ${answer.retryAfter}`);
        const stored = await fleet.query(`select from memories where text = any($1)`, [act.texts]);
        if (stored.length > 0) throw new Error(`${stored.length} memories of a refusal are stored`);
        const told = await tellsOfMarks(fleet, MAX_BACKLOG);
        await until('the sync has begun', TOLD_WITHIN_MS, async () =>
          (await fleet.run(run)).status === 'running' ? true : undefined,
        );
        return [`additions: 503 ${CODE}, nothing of them stored`, ...told, 'the sync waits'];
      },
      async end() {
        const { status } = await fleet.run(run);
        if (status !== 'running') throw new Error(`the sync did not wait, it is ${status}`);
        await index.up();
      },
    };
  },
};

export const backlogs = [full];
