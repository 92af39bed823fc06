import { TOLD_WITHIN_MS, type Fault, type Ongoing } from '../fault.js';
import { hits, search } from '../health.js';
import { until } from '../until.js';

/** A rebuild writes some hundred points a second while everything else goes on. */
const BACK_WITHIN_MS = 180_000;

/** All points are gone: searches must say so rather than find nothing, until they are back. */
const lost = (kind: string, idle: boolean): Fault => ({
  kind,
  idle,
  isPossible: ({ ledger }) => ledger.live.size > 0,
  async begin(fleet): Promise<Ongoing> {
    const [id, text] = fleet.pick([...fleet.ledger.live]);
    await fleet.options.index.loseEverything();
    return {
      lastsMs: 0,
      async told() {
        const code = await until(
          'a search says so, or is right again',
          TOLD_WITHIN_MS,
          async () => {
            const answer = await search(fleet.api, text);
            if (answer.status === 503) return answer.code ?? undefined;
            // Marked memories are found without Qdrant; a rebuild of few points is soon over.
            return answer.status === 200 && hits(answer).includes(id) ? 'right again' : undefined;
          },
        );
        return [`searches: ${code}`];
      },
      end: () => Promise.resolve(),
      async over() {
        if (!idle) return;
        await until('the points are back', BACK_WITHIN_MS, async () => {
          const answer = await search(fleet.api, text);
          return answer.status === 200 && hits(answer).includes(id) ? true : undefined;
        });
      },
    };
  },
});

export const losses = [
  lost('qdrant lost its data', false),
  lost('qdrant lost its data, nobody writes', true),
];
