/**
 * Names with `*` (any text) and `?` (one character); the whole name has to match, in any case.
 * Only the last `*` is ever tried again, so the time is at most pattern times name: as a regular
 * expression, a pattern with many of them would keep the process busy for hours.
 */
export function matchesPattern(pattern: string, name: string): boolean {
  const wanted = [...pattern.replace(/^#/, '').toLowerCase()];
  const characters = [...name.toLowerCase()];
  let next = 0;
  /** The last `*` that was met, and where what it stands for ends. */
  let star = -1;
  let end = 0;
  for (let at = 0; at < characters.length;) {
    const char = wanted[next];
    if (char === '*') {
      star = next++;
      end = at;
    } else if (char !== undefined && (char === '?' || char === characters[at])) {
      next++;
      at++;
    } else if (star !== -1) {
      next = star + 1;
      at = ++end;
    } else {
      return false;
    }
  }
  return wanted.slice(next).every((char) => char === '*');
}
