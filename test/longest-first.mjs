import { createRequire } from 'node:module';

const { default: Sequencer } = createRequire(import.meta.url)('@jest/test-sequencer');

const KINDS = ['/test/e2e/', '/test/integration/'];

/**
 * Whole programs first, then databases, then units. Where nothing is known yet of how long files
 * take, Jest goes by their size, and the longest ones here are small.
 */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const kind = KINDS.findIndex((part) => path.includes(part));
      return kind < 0 ? KINDS.length : kind;
    };
    return [...super.sort(tests)].sort((a, b) => rank(a) - rank(b));
  }
}
