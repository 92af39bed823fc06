import type { RunAnswer } from '../../runs/runs.schema.js';
import { CliError, interrupted } from '../cli-error.js';
import type { CliContext } from '../context.js';
import { ProgressBoard } from '../output/progress-board.js';
import { outcomeLine, progressLine } from '../output/progress-line.js';
import type { ServerLink } from '../server/reach-server.js';

const POLL_MS = 200;
/** Per run that is followed, so that many of them stay within a plan's request limit. */
const POLL_MS_EACH = 150;
const ACTIVE = new Set(['queued', 'running', 'waiting']);

export interface FollowedRun {
  id: string;
  /** Name of the connection. */
  name: string;
}

/**
 * Shows the progress of runs until all have ended.
 * @returns the ended runs, in the given order
 */
export async function followRuns(
  context: CliContext,
  first: ServerLink,
  followed: readonly FollowedRun[],
): Promise<RunAnswer[]> {
  const { clock, signal } = context.runtime;
  const { terminal } = context;
  const board = new ProgressBoard(terminal, clock);
  const ended = new Map<string, RunAnswer>();
  let server = first;
  try {
    for (;;) {
      const lines: string[] = [];
      for (const { id, name } of followed) {
        if (ended.has(id)) continue;
        const asked = await askAgain(server, id);
        server = asked.server;
        const { run } = asked;
        if (ACTIVE.has(run.status)) {
          lines.push(progressLine(name, run, board.width, terminal.noteStyle));
        } else {
          ended.set(id, run);
          if (!context.json) {
            board.keep(outcomeLine(name, run, durationOf(run), terminal.noteStyle));
          }
        }
      }
      if (ended.size === followed.length) return followed.map(({ id }) => ended.get(id)!);
      if (!context.json) board.show(lines);
      await clock.sleep(Math.max(POLL_MS, lines.length * POLL_MS_EACH), signal).catch(() => {
        throw interrupted();
      });
    }
  } finally {
    board.clear();
    if (server !== first) await server.close();
  }
}

/** Milliseconds that a run took, waiting in the queue not counted. */
export function durationOf(run: RunAnswer): number {
  const start = run.started_at ?? run.created_at;
  const end = run.finished_at ?? start;
  return Math.max(0, new Date(end).getTime() - new Date(start).getTime());
}

/** The server may be another command's and end with it; the run is in the data directory. */
async function askAgain(
  server: ServerLink,
  id: string,
): Promise<{ server: ServerLink; run: RunAnswer }> {
  try {
    return { server, run: await server.api.run(id) };
  } catch (error) {
    const lost = error instanceof CliError && error.code === 'server_unreachable';
    if (!lost || server.origin !== 'running') throw error;
    const next = await server.reconnect();
    return { server: next, run: await next.api.run(id) };
  }
}
