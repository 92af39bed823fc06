import { readFileSync } from 'node:fs';

/** USER_HZ: what /proc counts in on Linux. */
const CLOCK_TICKS = 100;

/** Processor time that a process has spent so far, all threads, seconds (0 without /proc). */
export function cpuSeconds(pid: number | undefined): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
  } catch {
    return 0;
  }
}
