import { chunkId } from './chunk-id.js';
import { embeddedText, wordsText, writtenDate } from './chunk-texts.js';

describe('embeddedText', () => {
  it('puts title and heading path in front of the text', () => {
    expect(embeddedText('Handbook', ['Leave', 'Parental'], 'Twelve weeks.')).toBe(
      'Handbook\nLeave\nParental\nTwelve weeks.',
    );
  });

  it('leaves out what is empty, repeated or at the start of the text anyway', () => {
    expect(embeddedText(' ', [], 'Text.')).toBe('Text.');
    expect(embeddedText('Leave', ['Leave'], 'Text.')).toBe('Leave\nText.');
    const text = '# Leave\n\n## Parental ##\n\nTwelve weeks.';
    expect(embeddedText('Handbook', ['Leave', 'Parental'], text)).toBe(`Handbook\n${text}`);
    expect(embeddedText('Handbook', [], 'Handbook')).toBe('Handbook');
  });

  it('keeps a heading that the text names only later', () => {
    expect(embeddedText('T', ['Leave'], 'Intro.\n\n# Leave')).toBe('T\nLeave\nIntro.\n\n# Leave');
  });

  it('shortens an endless title', () => {
    expect(embeddedText('t'.repeat(5_000), [], 'Text.').length).toBeLessThan(300);
  });
});

describe('wordsText', () => {
  it('adds the author and the date as people write it', () => {
    const date = new Date('2026-05-08T23:30:00-01:00');
    expect(
      wordsText({ title: 'T', headingPath: ['H'], text: 'Text.', author: 'Anna Berg', date }),
    ).toBe('T\nH\nText.\nAnna Berg\n9 May 2026');
    expect(wordsText({ title: '', headingPath: [], text: 'Text.' })).toBe('Text.');
  });

  it('writes dates in UTC', () => {
    expect(writtenDate(new Date('2026-05-08T00:00:00Z'))).toBe('8 May 2026');
    expect(writtenDate(new Date('2025-12-31T23:59:59Z'))).toBe('31 December 2025');
  });
});

describe('chunkId', () => {
  const document = '2b0f2a5e-6f0e-4a34-9d6c-0f7d4a3a9b11';

  it('is the same for the same document, content and position, and else another', () => {
    const id = chunkId(document, 'abc', 0);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(chunkId(document, 'abc', 0)).toBe(id);
    const other = '9b0f2a5e-6f0e-4a34-9d6c-0f7d4a3a9b11';
    const others = [
      chunkId(document, 'abc', 1),
      chunkId(document, 'abd', 0),
      chunkId(other, 'abc', 0),
    ];
    expect(new Set([id, ...others]).size).toBe(4);
  });
});
