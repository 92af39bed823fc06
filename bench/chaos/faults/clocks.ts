import { always, TOLD_WITHIN_MS, type Fault, type Ongoing } from '../fault.js';
import type { Fleet } from '../fleet.js';
import { metric, overview, search } from '../health.js';
import type { Member } from '../member.js';
import { InVain, until } from '../until.js';

const DAY_MS = 24 * 3_600_000;
/** Longer than deleted documents are kept. */
const JUMP_DAYS = 9;
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

/** Its machine's time is off, and it says so. */
async function tellsOfJump(member: Member, days: number): Promise<string> {
  const ahead = await until(`${member.name} tells of its clock`, TOLD_WITHIN_MS, async () => {
    const seconds = await metric(member, 'tributary_clock_ahead_seconds');
    const off = seconds === undefined ? Infinity : seconds * 1000 - days * DAY_MS;
    return Math.abs(off) < SLACK_MS ? seconds : undefined;
  });
  return `tributary_clock_ahead_seconds of ${member.name}: ${Math.round(ahead)}`;
}

/** The time that it works with stays that of the database. */
async function worksWithTrueTime(api: Member): Promise<void> {
  await until('its overview has the true time', TOLD_WITHIN_MS, async () => {
    const ms = Date.parse((await overview(api)).generated_at) - Date.now();
    return Math.abs(ms) < SLACK_MS ? true : undefined;
  });
  await until('it searches', TOLD_WITHIN_MS, async () =>
    (await search(api, 'any words')).status === 200 ? true : undefined,
  );
}

const jumped = (kind: string, days: number): Fault => ({
  kind,
  isPossible: always,
  async begin(fleet): Promise<Ongoing> {
    const { api } = fleet;
    const members = [api, fleet.pick(fleet.running('worker'))];
    const before = await metric(api, 'tributary_memories');
    const deleted = await documents(fleet, `where state = 'deleted'`);
    for (const member of members) member.shiftClock(days * DAY_MS);
    let last: number | undefined;
    return {
      lastsMs: fleet.options.outageMs.brief,
      async told() {
        const told = [];
        for (const member of members) told.push(await tellsOfJump(member, days));
        await worksWithTrueTime(api);
        await tellsOfNow(fleet, api, before);
        last = await metric(api, 'tributary_memories');
        return told;
      },
      end: () => Promise.resolve(members.forEach((member) => member.shiftClock(0))),
      async over() {
        await tellsOfNow(fleet, api, last);
        const kept = new Set(await documents(fleet));
        const purged = deleted.filter((id) => !kept.has(id));
        if (purged.length > 0) throw new InVain(`purged days too early: ${purged.join(', ')}`);
      },
    };
  },
});

async function documents(fleet: Fleet, which = ''): Promise<string[]> {
  const rows = await fleet.query<{ id: string }>(`select id from documents ${which}`);
  return rows.map(({ id }) => id);
}

export const clocks = [jumped('clock ahead', JUMP_DAYS), jumped('clock behind', -JUMP_DAYS)];
