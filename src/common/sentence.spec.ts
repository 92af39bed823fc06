import { sentence } from './sentence.js';

describe('sentence', () => {
  it.each([
    ['The connection is paused: by a person', 'The connection is paused: by a person.'],
    ['Grant access, then resume.', 'Grant access, then resume.'],
    ['Who knows? ', 'Who knows?'],
    ['cut off ...', 'cut off ...'],
  ])('ends %j in one full stop', (text, ended) => {
    expect(sentence(text)).toBe(ended);
  });
});
