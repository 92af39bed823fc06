/** Names with `*` (any text) and `?` (one character); the whole name has to match. */
export function matchesPattern(pattern: string, name: string): boolean {
  const expression = [...pattern.replace(/^#/, '')]
    .map((char) => (char === '*' ? '.*' : char === '?' ? '.' : escape(char)))
    .join('');
  return new RegExp(`^${expression}$`, 'iu').test(name);
}

const escape = (char: string): string => char.replace(/[\\^$.*+?()[\]{}|/]/u, '\\$&');
