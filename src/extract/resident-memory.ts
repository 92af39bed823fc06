import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/**
 * Resident memory of a process in bytes, or undefined when the system does not tell (Windows) or
 * the process is gone. Linux: `VmRSS` of /proc/<pid>/status, which unlike statm does not depend on
 * the page size; elsewhere `ps`.
 */
export async function residentBytes(pid: number): Promise<number | undefined> {
  if (process.platform === 'win32') return undefined;
  if (process.platform === 'linux') {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    return kibibytes(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]);
  }
  return new Promise((resolve) => {
    execFile('/bin/ps', ['-o', 'rss=', '-p', String(pid)], (_error, stdout) =>
      resolve(kibibytes(stdout.trim())),
    );
  });
}

function kibibytes(text: string | undefined): number | undefined {
  return text ? Number(text) * 1024 : undefined;
}
