import { parseArgs } from 'node:util';
import { spreadOf } from '../support/spread.js';
import { measureRound } from './round.js';

/**
 * Documents per second through the `files` connector, beside the bare INSERT of the same rows
 * into the same kind of database in the same run.
 *
 *   npm run bench:ingest -- --documents 10000
 *   npm run bench:ingest -- --rounds 5 --database postgresql://...   (databases of its own there)
 */
const { values } = parseArgs({
  options: {
    documents: { type: 'string', default: '10000' },
    words: { type: 'string', default: '80' },
    rounds: { type: 'string', default: '1' },
    database: { type: 'string' },
    qdrant: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const { documents, words, rounds, json, ...where } = values;
const measured: Record<string, string | number>[] = [];
for (let round = 0; round < Number(rounds); round += 1) {
  measured.push(
    await measureRound({ documents: Number(documents), words: Number(words), ...where }),
  );
}
const figures = spreadOf(measured);
if (json) console.log(JSON.stringify(figures));
else
  for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(34)} ${value}`);
