import type { LaneDefinition } from '../../../connectors/sdk/contract.js';
import { LaneLedger } from './lane-ledger.js';
import { RunLedgers } from './run-ledgers.js';

const SWEEP: LaneDefinition = { name: 'sweep', kind: 'sweep', checkpointVersion: 1 };
const PAGE = { documents: [], tombstones: [], failures: [], skipped: {}, checkpoint: {} };

describe('RunLedgers', () => {
  it.each([
    ['that has a page', 1, true],
    ['that has only failed so far', 0, false],
  ])('goes on with a listing %s: %#', (_, pages, isResumed) => {
    const before = new LaneLedger('channel', SWEEP, 'A channel');
    for (let page = 0; page < pages; page += 1) before.advance({ ...PAGE, complete: false });
    before.failed();
    const ledgers = new RunLedgers([SWEEP], [before.toState()]);
    const after = ledgers.of({ key: 'channel', title: 'A channel' }, SWEEP);
    expect(ledgers.isResumed(after)).toBe(isResumed);
    expect(after.failed()).toBe(2);
  });
});
