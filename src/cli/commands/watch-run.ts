import type { RunAnswer, RunProgressEvent, RunStateEvent } from '../../runs/runs.schema.js';
import type { CliContext } from '../context.js';
import { exitCodeOfRun } from '../exit-codes.js';
import { ProgressBoard } from '../output/progress-board.js';
import { outcomeLine, progressLine, type RunView } from '../output/progress-line.js';
import { formatDuration } from '../output/quantities.js';
import type { ServerLink } from '../server/reach-server.js';
import { durationOf } from './follow-runs.js';
import { noteHeld } from './hints.js';

/** Shows a run's progress as the server tells it, until the run ends. */
export async function watchRun(
  context: CliContext,
  server: ServerLink,
  first: RunAnswer,
  name: string,
): Promise<void> {
  const { terminal, runtime } = context;
  const board = new ProgressBoard(terminal, runtime.clock);
  let view: RunView = first;
  let calls = '';
  try {
    for await (const { event, data } of server.api.runEvents(first.id)) {
      if (event === 'end') {
        const run = data as RunAnswer;
        board.clear();
        if (!context.json) board.keep(outcomeLine(name, run, durationOf(run), terminal.noteStyle));
        context.exitCode = exitCodeOfRun(run.status);
        context.answer(run, () => []);
        return noteHeld(context, run);
      }
      if (event === 'state') view = { ...view, ...(data as RunStateEvent) };
      if (event === 'progress') {
        const told = data as RunProgressEvent;
        view = withProgress(view, told);
        calls = told.basis === 'calls' ? byCalls(told) : '';
      }
      if (!context.json) {
        const room = board.width - calls.length;
        board.show([progressLine(name, view, room, terminal.noteStyle) + calls]);
      }
    }
  } finally {
    board.clear();
  }
}

function withProgress(view: RunView, told: RunProgressEvent): RunView {
  const { done, expected, rate, eta_seconds, partition, counts, synced_count } = told;
  const progress = { done, expected, rate: rate ?? 0, eta_seconds, partition };
  return { ...view, progress, counts, synced_count };
}

/** Where the number of documents is not known, the planned calls say how far it is. */
function byCalls({ percent, eta_seconds: eta }: RunProgressEvent): string {
  const left = eta === null ? '' : `, ETA ${formatDuration(eta * 1000)}`;
  return `  ${percent}% of the planned calls${left}`;
}
