import { always, TOLD_WITHIN_MS, type Fault, type Ongoing } from '../fault.js';
import type { Fleet } from '../fleet.js';
import { metric, overview, search } from '../health.js';
import type { Member } from '../member.js';
import { until } from '../until.js';

const HOUR_MS = 3_600_000;
const JUMP_HOURS = 2;
const SLACK_MS = 60_000;
/** Scrapes are answered from what was known up to 5 s before. */
const FRESH_WITHIN_MS = 15_000;

/** What it tells must go on changing: a clock that was set back must not make it old for hours. */
async function tellsOfNow(fleet: Fleet, member: Member, before: number | undefined): Promise<void> {
  await until(`metrics of ${member.name} are of now`, FRESH_WITHIN_MS, async () => {
    await fleet.writer.addOnce(1);
    const now = await metric(member, 'tributary_memories');
    return now !== undefined && now !== before ? true : undefined;
  });
}

const jumped = (kind: string, hours: number): Fault => ({
  kind,
  isPossible: always,
  async begin(fleet): Promise<Ongoing> {
    const member = fleet.api;
    const before = await metric(member, 'tributary_memories');
    member.shiftClock(hours * HOUR_MS);
    let last: number | undefined;
    return {
      lastsMs: fleet.options.outageMs.brief,
      async told() {
        const off = await until('its overview has its own time', TOLD_WITHIN_MS, async () => {
          const ms = Date.parse((await overview(member)).generated_at) - Date.now();
          return Math.abs(ms - hours * HOUR_MS) < SLACK_MS ? ms : undefined;
        });
        await until('it searches', TOLD_WITHIN_MS, async () =>
          (await search(member, 'any words')).status === 200 ? true : undefined,
        );
        await tellsOfNow(fleet, member, before);
        last = await metric(member, 'tributary_memories');
        return [`generated_at of ${member.name} is ${(off / HOUR_MS).toFixed(2)} h off`];
      },
      end: () => Promise.resolve(member.shiftClock(0)),
      over: () => tellsOfNow(fleet, member, last),
    };
  },
});

export const clocks = [jumped('clock ahead', JUMP_HOURS), jumped('clock behind', -JUMP_HOURS)];
