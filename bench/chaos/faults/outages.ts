import { always, TOLD_WITHIN_MS, type Fault, type Ongoing } from '../fault.js';
import type { Fleet } from '../fleet.js';
import { metric, overview, readiness, search } from '../health.js';
import { until } from '../until.js';

const CODE = 'index_unavailable';
const SLOW_MS = 2000;
/** Longer than the product waits for an answer: what it gives up is done later all the same. */
const HANGS_MS = 17_000;
const ANY_WORDS = 'what became of it';

/** Marks that wait show to the operator and to Prometheus. */
export async function tellsOfMarks(fleet: Fleet, atLeast = 1): Promise<string[]> {
  const pending = await until(`overview shows ${atLeast} marks`, TOLD_WITHIN_MS, async () => {
    const { outbox } = await overview(fleet.api);
    return outbox.pending >= atLeast ? outbox.pending : undefined;
  });
  await until(`tributary_outbox_pending reaches ${atLeast}`, TOLD_WITHIN_MS, async () =>
    ((await metric(fleet.pick(fleet.all), 'tributary_outbox_pending')) ?? 0) >= atLeast
      ? true
      : undefined,
  );
  return [`outbox.pending ${pending} and tributary_outbox_pending`];
}

export async function tellsOfSilence(fleet: Fleet): Promise<string[]> {
  await until(`a search is answered ${CODE}`, TOLD_WITHIN_MS, async () => {
    const { status, code } = await search(fleet.api, ANY_WORDS);
    return status === 503 && code === CODE ? true : undefined;
  });
  const told = await tellsOfMarks(fleet);
  for (const member of fleet.all)
    await until(`${member.name} is ready all the same`, TOLD_WITHIN_MS, async () =>
      (await readiness(member))?.status === 200 ? true : undefined,
    );
  return [`searches: 503 ${CODE}`, ...told];
}

const down = (kind: string, how: 'down' | 'crash', lasts: 'brief' | 'long'): Fault => ({
  kind,
  isPossible: always,
  async begin(fleet): Promise<Ongoing> {
    const { index, outageMs } = fleet.options;
    await index[how]();
    return {
      lastsMs: outageMs[lasts],
      told: () => tellsOfSilence(fleet),
      end: () => index.up(),
    };
  },
});

const slow: Fault = {
  kind: 'qdrant slow',
  isPossible: always,
  async begin(fleet): Promise<Ongoing> {
    const { index, outageMs } = fleet.options;
    await index.slow(SLOW_MS);
    return {
      lastsMs: 2 * outageMs.brief,
      async told() {
        const { api } = fleet;
        const ms = await until('a search is answered, late', TOLD_WITHIN_MS, async () => {
          const started = performance.now();
          const { status } = await search(api, ANY_WORDS);
          const took = performance.now() - started;
          return status === 200 && took >= SLOW_MS ? took : undefined;
        });
        const name = 'tributary_search_duration_seconds';
        await until('metrics have a search over 1 s', TOLD_WITHIN_MS, async () => {
          const all = await metric(api, `${name}_count`, 'outcome="ok"');
          const quick = await metric(api, `${name}_bucket`, 'le="1",mode="hybrid",outcome="ok"');
          return (all ?? 0) > (quick ?? 0) ? true : undefined;
        });
        return [`a search took ${Math.round(ms)} ms, which ${name} shows`];
      },
      end: () => index.slow(0),
    };
  },
};

const diskFull: Fault = {
  kind: 'qdrant disk full',
  isPossible: ({ options }) => options.index.fillDisk !== null,
  async begin(fleet): Promise<Ongoing> {
    const { index, outageMs } = fleet.options;
    await index.fillDisk!(true);
    return {
      lastsMs: outageMs.brief,
      async told() {
        const told = await tellsOfMarks(fleet);
        await until('searches go on', TOLD_WITHIN_MS, async () =>
          (await search(fleet.api, ANY_WORDS)).status === 200 ? true : undefined,
        );
        const named = () =>
          fleet.all.some(({ log }) => log.some((line) => /No space left/.test(line)));
        await until('a log says why', TOLD_WITHIN_MS, () =>
          Promise.resolve(named() ? true : undefined),
        );
        await until('the overview of an API process says why', TOLD_WITHIN_MS, async () =>
          /No space left/.test((await overview(fleet.api)).outbox.error ?? '') ? true : undefined,
        );
        return [...told, 'searches are answered', 'log and overview say "No space left on device"'];
      },
      end: () => index.fillDisk!(false),
    };
  },
};

const hung: Fault = {
  kind: 'qdrant hangs',
  isPossible: always,
  async begin(fleet): Promise<Ongoing> {
    const { index } = fleet.options;
    await index.hang();
    return {
      lastsMs: HANGS_MS,
      told: () => tellsOfSilence(fleet),
      end: () => index.goOn(),
    };
  },
};

export const outages = [
  hung,
  down('qdrant down', 'down', 'long'),
  down('qdrant killed', 'crash', 'brief'),
  slow,
  diskFull,
];
