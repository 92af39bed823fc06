import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Enough to tell a process from a later one that got the same number. */
export interface ProcessIdentity {
  pid: number;
  /** Start time as the system prints it; null where it cannot be read. */
  processStart: string | null;
  /** Host, boot and PID namespace: process numbers only compare inside one of them. */
  namespace: string;
}

export function currentProcess(): ProcessIdentity {
  return {
    pid: process.pid,
    processStart: observe(process.pid).start,
    namespace: currentNamespace(),
  };
}

/**
 * Whether that very process runs. `elsewhere`: it was started on another host, in another
 * container or before a reboot, so its number says nothing here.
 */
export function processState(identity: ProcessIdentity): 'running' | 'gone' | 'elsewhere' {
  if (identity.namespace !== currentNamespace()) return 'elsewhere';
  const observed = observe(identity.pid);
  if (!observed.alive) return 'gone';
  if (identity.processStart === null || observed.start === null) return 'running';
  return identity.processStart === observed.start ? 'running' : 'gone';
}

function currentNamespace(): string {
  if (process.platform !== 'linux') return hostname();
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return [hostname(), boot, readlinkSync('/proc/self/ns/pid')].join('/');
}

function observe(pid: number): { alive: boolean; start: string | null } {
  if (process.platform === 'linux') return observeProc(pid);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return { alive: false, start: null };
  }
  if (process.platform === 'win32') return { alive: true, start: null };
  const start = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  return { alive: true, start: start.trim() };
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: (3) state, (22) starttime. */
function observeProc(pid: number): { alive: boolean; start: string | null } {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return { alive: false, start: null };
    throw error;
  }
  // The command name is in parentheses and may hold any character.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A killed process whose parent has not collected it still has a number, but runs no more.
  const dead = fields[0] === 'Z' || fields[0] === 'X';
  return { alive: !dead, start: fields[19] ?? null };
}
