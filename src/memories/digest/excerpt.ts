const WHITE_SPACE = /\s+/gu;

/** A text on one line, cut at a word within `maxCharacters`. */
export function excerpt(text: string, maxCharacters: number): string {
  const line = text.replace(WHITE_SPACE, ' ').trim();
  if (line.length <= maxCharacters) return line;
  const cut = line.slice(0, maxCharacters - 1);
  const lastBlank = cut.lastIndexOf(' ');
  // A text without blanks (Chinese, a long URL) is cut where the limit falls.
  const kept = lastBlank > maxCharacters / 2 ? cut.slice(0, lastBlank) : cut;
  return `${kept.toWellFormed().replace(/[\s\uFFFD]+$/u, '')}…`;
}
