import fc from 'fast-check';
import { emptyCounts } from '../../runs/run-row.js';
import { bar, outcomeLine, progressLine, type RunView } from './progress-line.js';
import { styleFor } from './style.js';
import { textWidth } from './text-width.js';

const style = styleFor(false);

function aRun(change: Partial<RunView> = {}): RunView {
  return {
    status: 'running',
    progress: { done: 2500, expected: 10_000, rate: 412.3, eta_seconds: 18, partition: 'guides' },
    waiting: null,
    counts: emptyCounts(),
    synced_count: 0,
    error: null,
    held_deletions: null,
    ...change,
  };
}

describe('progress line', () => {
  it('shows share, done and expected, rate, time to go and place', () => {
    expect(progressLine('notes', aRun(), 120, style)).toBe(
      'notes  ▕██████                  ▏ 25%   2,500/10,000  412/s  ETA 18 s  guides',
    );
  });

  it('counts alone while the size of the source is unknown', () => {
    const progress = { done: 40, expected: null, rate: 0, eta_seconds: null, partition: null };
    expect(progressLine('notes', aRun({ progress }), 80, style)).toBe('notes  40 documents');
  });

  it('says what a waiting run waits for, and that a queued one is', () => {
    const waiting = { reason: 'rate_limited', until: '2026-01-01T14:02:11.000Z' };
    const line = progressLine('team', aRun({ status: 'waiting', waiting }), 80, style);
    expect(line).toBe('team  waiting: rate_limited, goes on at 14:02:11 UTC');
    expect(progressLine('team', aRun({ status: 'queued' }), 80, style)).toBe('team  queued');
  });

  it('never breaks the line of the terminal', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: 1, max: 100 }),
        (name, width) => {
          expect(textWidth(progressLine(name, aRun(), width, style))).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  it('draws bars of one length', () => {
    fc.assert(
      fc.property(fc.double({ min: -1, max: 2, noNaN: true }), (share) => {
        expect([...bar(share, 10)]).toHaveLength(10);
      }),
    );
    expect(bar(0, 4)).toBe('    ');
    expect(bar(0.5, 4)).toBe('██  ');
    expect(bar(1, 4)).toBe('████');
  });
});

describe('outcome line', () => {
  it('tells what a run did and how long it took', () => {
    const counts = { ...emptyCounts(), unchanged: 8, deleted: 1 };
    const run = aRun({ status: 'success', counts, synced_count: 3 });
    expect(outcomeLine('notes', run, 1400, style)).toBe(
      '✓ notes 3 synced, 8 unchanged, 1 deleted in 1.4 s',
    );
  });

  it('names the state and the error of a run that did not succeed', () => {
    const run = aRun({ status: 'error', error: 'The folder is gone.' });
    expect(outcomeLine('notes', run, 200, style)).toBe(
      '✗ notes error: 0 synced in 0.2 s - The folder is gone.',
    );
    const counts = { ...emptyCounts(), failed: 2, skipped: { hidden: 1, empty: 3 } };
    const partial = aRun({ status: 'partial', counts, synced_count: 9 });
    expect(outcomeLine('notes', partial, 200, style)).toBe(
      '! notes partial: 9 synced, 2 failed, 4 skipped in 0.2 s',
    );
  });
});
