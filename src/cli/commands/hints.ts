import type { RunAnswer } from '../../runs/runs.schema.js';
import type { CliContext } from '../context.js';
import { plural } from '../output/quantities.js';
import { shortId } from './find-one.js';

/** The commands that settle what a connection holds. */
export function settleHint(connection: string): string {
  const id = shortId(connection);
  return (
    `"tributary deletions confirm ${id}" hides them, ` +
    `"tributary deletions reject ${id}" keeps them`
  );
}

/** The command that gives a connection other credentials. */
export function credentialsHint(connection: string): string {
  return `"tributary connections credentials ${shortId(connection)}" gives it a new token`;
}

/** Beside a run that has ended: what it left for a person to settle. */
export function noteHeld(context: CliContext, run: RunAnswer): void {
  if (run.held_deletions === null) return;
  const held = plural(run.held_deletions.count, 'deletion');
  context.note(`${held} held back for confirmation, because they are so many:`);
  context.note(`${settleHint(run.connection_id)}.`);
}
