import { always, TOLD_WITHIN_MS, type Fault, type Ongoing } from '../fault.js';
import type { Fleet } from '../fleet.js';
import { readiness } from '../health.js';
import type { Member } from '../member.js';
import { until } from '../until.js';

const IN_HAND_WITHIN_MS = 3_000;

/** It answers no more, and the others go on as if nothing had been. */
async function tellsOfDeath(fleet: Fleet, dead: Member): Promise<string[]> {
  await until(`${dead.name} is gone`, TOLD_WITHIN_MS, async () =>
    (await readiness(dead)) === null ? true : undefined,
  );
  for (const other of fleet.all.filter((member) => member !== dead))
    await until(`${other.name} is ready`, TOLD_WITHIN_MS, async () =>
      (await readiness(other))?.status === 200 ? true : undefined,
    );
  return [`${dead.name} answers no more, all others are ready`];
}

const apiKilled: Fault = {
  kind: 'api killed',
  isPossible: always,
  async begin(fleet): Promise<Ongoing> {
    const victim = fleet.api;
    await victim.kill();
    return {
      lastsMs: fleet.options.outageMs.brief,
      told: () => tellsOfDeath(fleet, victim),
      end: () => fleet.restart(victim),
    };
  },
};

/** One that works on a run, where there is one. */
const workerKilled: Fault = {
  kind: 'worker killed',
  isPossible: always,
  async begin(fleet): Promise<Ongoing> {
    fleet.folder.edit();
    const run = await fleet.sync();
    const holder = await until('a worker has the run', IN_HAND_WITHIN_MS, async () => {
      const { status, attempts } = await fleet.run(run);
      const owner = attempts.at(-1)?.worker ?? '';
      const member = fleet.running('worker').find(({ pid }) => owner.includes(`:${pid}:`));
      return status === 'running' ? member : undefined;
    }).catch(() => null);
    const victim = holder ?? fleet.pick(fleet.running('worker'));
    await victim.kill();
    return {
      lastsMs: fleet.options.outageMs.brief,
      async told() {
        const told = await tellsOfDeath(fleet, victim);
        if (!holder) return told;
        const outcomes = await until('the attempt has ended', TOLD_WITHIN_MS, async () => {
          const { attempts } = await fleet.run(run);
          const ended = attempts.map(({ outcome }) => outcome).filter(Boolean);
          return ended.length > 0 ? ended : undefined;
        });
        return [...told, `its attempt at a run: ${outcomes[0]}`];
      },
      end: () => fleet.restart(victim),
    };
  },
};

export const kills = [apiKilled, workerKilled];
