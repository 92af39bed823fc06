import type { Fleet } from './fleet.js';
import { hits, readiness, search } from './health.js';
import { until } from './until.js';

/** Longer than a claim on marks, a lock of an Idempotency-Key and a lease, which deaths leave. */
const QUIET_WITHIN_MS = 150_000;
const SAMPLE = 3;

/**
 * Resolves once nothing is left to do, by itself and without any process being started anew.
 * @param strict also what a killed process had taken up has come to its end
 * @returns what was waited for longest
 * @throws InVain
 */
export async function untilQuiet(fleet: Fleet, strict: boolean): Promise<string> {
  let [longest, longestMs] = ['', 0];
  const wait = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    const started = performance.now();
    await work();
    const ms = performance.now() - started;
    if (ms > longestMs) [longest, longestMs] = [what, ms];
  };
  const none = (what: string, sql: string): Promise<void> =>
    wait(what, () =>
      until(`${what} are done`, QUIET_WITHIN_MS, async () =>
        (await fleet.query(`${sql} limit 1`)).length === 0 ? true : undefined,
      ),
    );
  await wait('readiness', () => untilReady(fleet));
  if (strict) await wait('open writes', () => fleet.writer.settleAll(QUIET_WITHIN_MS));
  await none('runs', `select from runs where state in ('queued', 'running', 'waiting')`);
  await none('rebuilds', `select from index_versions where lost or building is not null`);
  // A claim of a process that was killed lasts half a minute.
  const claimed = `due_at > now() + interval '3 seconds'`;
  await none('marks', `select from outbox ${strict ? '' : `where not ${claimed}`}`);
  return longest;
}

async function untilReady(fleet: Fleet): Promise<void> {
  for (const member of fleet.all) {
    if (!member.isRunning) throw new Error(`${member.name} has ended:\n${member.log.join('\n')}`);
    await until(`${member.name} is ready`, QUIET_WITHIN_MS, async () =>
      (await readiness(member))?.status === 200 ? true : undefined,
    );
  }
}

/** What searches of a few texts get wrong: each finds its memory, and none a deleted one. */
export async function wrongSearches(fleet: Fleet): Promise<string[]> {
  const { live, deleted } = fleet.ledger;
  const unsure = fleet.ledger.unsure();
  const found: string[] = [];
  for (const [memories, isThere] of [
    [live, true],
    [deleted, false],
  ] as const) {
    const sure = [...memories].filter(([id]) => !unsure.has(id));
    for (let n = 0; n < Math.min(SAMPLE, sure.length); n += 1) {
      const [id, text] = fleet.pick(sure);
      const api = fleet.api;
      const answer = await search(api, text);
      if (answer.status !== 200) found.push(`a search: ${answer.status} ${answer.code}`);
      else if (hits(answer).includes(id) !== isThere)
        found.push(`${api.name} ${isThere ? 'does not find' : 'finds deleted'} ${id}`);
    }
  }
  return found;
}

/** Runs that did not end well. */
export async function failedRuns(fleet: Fleet): Promise<string[]> {
  const runs = await fleet.query<{ state: string; error: string | null }>(
    `select state, error from runs where state not in ('success', 'queued', 'running', 'waiting')`,
  );
  return runs.map(({ state, error }) => `a run ended ${state}: ${error}`);
}
