import { createServer } from 'node:net';

export const DEMO_HOST = '127.0.0.1';
export const DEMO_PORT = 4700;

/**
 * Starts on the port that was asked for, else on the usual one; where another process has that,
 * or takes it while the server starts, on a free one.
 * @param start rejects with `EADDRINUSE` for a port that is in use; 0 is any free one
 */
export async function startOnPort<T>(
  asked: number | undefined,
  start: (port: number) => Promise<T>,
  isTaken: (port: number) => Promise<boolean> = taken,
): Promise<T> {
  if (asked !== undefined) return start(asked);
  if (await isTaken(DEMO_PORT)) return start(0);
  return start(DEMO_PORT).catch((error: unknown) => {
    if (isPortInUse(error)) return start(0);
    throw error;
  });
}

export function isPortInUse(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
}

function taken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(true));
    probe.listen({ host: DEMO_HOST, port, exclusive: true }, () => {
      probe.close(() => resolve(false));
    });
  });
}
