import { TransientSourceError } from '../../../connectors/sdk/errors.js';
import { LaneLedger } from './lane-ledger.js';
import { ListingTrouble } from './listing-trouble.js';

const unwell = () => new TransientSourceError('http_503', 'unwell');
const ledgerOf = (partition: string) =>
  new LaneLedger(partition, { name: 'lane', kind: 'feed', checkpointVersion: 1 }, partition);

describe('ListingTrouble', () => {
  it('ends the attempt by the third listing in a row, and by no other error', () => {
    const trouble = new ListingTrouble();
    for (const key of ['a', 'b']) trouble.take(ledgerOf(key), unwell());
    const third = unwell();
    expect(trouble.hasEnded(third)).toBe(false);
    expect(() => trouble.take(ledgerOf('c'), third)).toThrow(third);
    expect(trouble.hasEnded(third)).toBe(true);
    // Of the commit of what was listed before, while listing ran ahead.
    expect(trouble.hasEnded(new Error('the database is away'))).toBe(false);
  });

  it('is of single listings where others go well in between', () => {
    const trouble = new ListingTrouble();
    for (const key of ['a', 'b', 'c']) {
      trouble.take(ledgerOf(key), unwell());
      trouble.passed();
    }
    expect(trouble.unwell.size).toBe(3);
  });
});
