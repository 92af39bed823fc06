/**
 * A message's `ts` (`1512085950.000216`) in whole microseconds, which a double holds exactly.
 * Also takes what callers send as a bound: whole seconds or fewer digits.
 * @returns null when it is no timestamp
 */
export function parseTimestamp(text: string): number | null {
  const parts = /^(\d{1,10})(?:\.(\d{1,6}))?$/.exec(text);
  if (parts === null) return null;
  return Number(parts[1]) * 1_000_000 + Number((parts[2] ?? '').padEnd(6, '0'));
}

export function formatTimestamp(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  return `${seconds}.${String(micros % 1_000_000).padStart(6, '0')}`;
}
