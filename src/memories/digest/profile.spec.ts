import { excerpt } from './excerpt.js';
import { buildProfile, type DigestMemory } from './profile.js';

const memory = (text: string, traits: Partial<DigestMemory> = {}): DigestMemory => ({
  text,
  category: 'other',
  pinned: false,
  importance: 0.7,
  ...traits,
});

describe('profile', () => {
  it('is empty for a collection without memories', () => {
    expect(buildProfile([], [])).toBe('');
  });

  it('names categories by size, themes, pinned and important memories', () => {
    const profile = buildProfile(
      [
        { category: 'fact', memories: 1 },
        { category: 'preference', memories: 2 },
      ],
      [
        memory('Alex prefers dark themes', { pinned: true }),
        memory('The dark theme is used everywhere'),
        memory('Alex works at Stripe'),
      ],
    );
    expect(profile).toBe(
      [
        'Categories:\npreference (2), fact (1)',
        'Often about:\nalex, dark, theme',
        'Pinned:\n- Alex prefers dark themes',
        'Most important:\n- The dark theme is used everywhere\n- Alex works at Stripe',
      ].join('\n\n'),
    );
  });

  it('counts categories that do not fit', () => {
    const categories = Array.from({ length: 10 }, (_, n) => ({ category: `c${n}`, memories: 1 }));
    expect(buildProfile(categories, [memory('one')])).toContain('c7 (1), 2 more');
  });
});

describe('excerpt', () => {
  it('keeps a short text, on one line', () => {
    expect(excerpt('a\n b', 10)).toBe('a b');
  });

  it('cuts at a word and marks the cut, within the limit', () => {
    expect(excerpt('one two three four', 12)).toBe('one two…');
    expect(excerpt('x'.repeat(50), 10)).toBe(`${'x'.repeat(9)}…`);
  });

  it('never cuts through a surrogate pair', () => {
    expect(excerpt('😀'.repeat(20), 10).isWellFormed()).toBe(true);
  });
});
