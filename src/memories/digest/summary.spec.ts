import fc from 'fast-check';
import type { DigestMemory } from './profile.js';
import { buildSummary } from './summary.js';
import { findThemes } from './themes.js';

const memory = (text: string, traits: Partial<DigestMemory> = {}): DigestMemory => ({
  text,
  category: 'other',
  pinned: false,
  importance: 0.7,
  ...traits,
});

describe('themes', () => {
  it('counts a stem once a text and shows its usual spelling', () => {
    const themes = findThemes(
      ['deploys deploys deploys', 'We deployed on Friday', 'deploys wait', 'the 2026 friday'],
      2,
    );
    expect(themes).toEqual([
      { stem: 'deploi', word: 'deploys', texts: 3 },
      { stem: 'fridai', word: 'friday', texts: 2 },
    ]);
  });

  it('are in no text alone, unless there is only one', () => {
    expect(findThemes(['alpha', 'beta'], 5)).toEqual([]);
    expect(findThemes(['alpha'], 5)).toHaveLength(1);
  });
});

describe('summary', () => {
  it('is empty for no memories', () => {
    expect(buildSummary([])).toEqual({ summary: '', themes: [] });
  });

  it('tells different themes before repeating one, pinned memories first', () => {
    const { summary, themes } = buildSummary([
      memory('Dark mode is on'),
      memory('Dark mode stays on'),
      memory('Billing runs on Stripe'),
      memory('Stripe billing is monthly'),
      memory('Call mum', { pinned: true }),
    ]);
    expect(themes.toSorted()).toEqual(['billing', 'dark', 'mode', 'stripe']);
    expect(summary.indexOf('Call mum.')).toBeLessThan(summary.indexOf('Dark mode stays on.'));
    expect(summary.indexOf('Billing runs on Stripe.')).toBeLessThan(
      summary.indexOf('Dark mode stays on.'),
    );
  });

  it('says the same for the same memories, and at most six sentences', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { maxLength: 30 }), (texts) => {
        const memories = texts.map((text) => memory(text));
        const once = buildSummary(memories);
        expect(buildSummary(memories)).toEqual(once);
        expect(once.themes.length).toBeLessThanOrEqual(6);
        expect(once.summary.length).toBeLessThanOrEqual(6 * 242);
      }),
    );
  });
});
