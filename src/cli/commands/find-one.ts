import type { ConnectionAnswer } from '../../connections/connections.schema.js';
import { CliError, usageError } from '../cli-error.js';
import { EXIT } from '../exit-codes.js';

const SHORTEST_PREFIX = 4;

/** How a connection may be typed, in helps. */
export const WHICH_CONNECTION = 'name, id or beginning of the id';

/** Cells of an id in tables: enough to name it in the next command. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

/** The one whose id is, or begins with, what the user typed; undefined for none. */
export function findById<T extends { id: string }>(
  items: readonly T[],
  typed: string,
): T | undefined {
  const wanted = typed.toLowerCase();
  const exact = items.find(({ id }) => id === wanted);
  if (exact || wanted.length < SHORTEST_PREFIX) return exact;
  const matching = items.filter(({ id }) => id.startsWith(wanted));
  if (matching.length > 1) throw usageError(`${typed} is the beginning of several ids`);
  return matching[0];
}

/**
 * A connection by name, id or the beginning of its id.
 * @throws CliError `connection_not_found`, `usage_error` for an ambiguous name
 */
export function findConnection(
  connections: readonly ConnectionAnswer[],
  typed: string,
): ConnectionAnswer {
  const named = connections.filter(({ name }) => name.toLowerCase() === typed.toLowerCase());
  if (named.length > 1) throw usageError(`several connections are named "${typed}"; use an id`);
  const found = named[0] ?? findById(connections, typed);
  if (found) return found;
  throw new CliError(
    'connection_not_found',
    `there is no connection "${typed}"`,
    EXIT.notFound,
    '"tributary connections" lists them.',
  );
}
