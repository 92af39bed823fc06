/** Causes within causes that are shown. */
const DEPTH = 5;
/** What PostgreSQL says of where an error lies, without values of rows. */
const PLACES = ['code', 'schema', 'table', 'column', 'constraint', 'routine'] as const;

/**
 * An error as a line of the log shows it: message and stack, those of its causes, and codes. What
 * else hangs on an error stays out: of the database's that is the statement with its parameters,
 * which are texts of a tenant, and a detail that quotes them.
 */
export function loggedError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  if (depth === DEPTH) return {};
  const { name, message, stack, cause } = error;
  const told: Record<string, unknown> = { type: name, message, stack };
  const driver = 'driverError' in error ? (error.driverError as object) : {};
  for (const [key, value] of Object.entries({ ...driver, ...error }))
    if (PLACES.includes(key as (typeof PLACES)[number]) && value !== undefined) told[key] = value;
  if (cause !== undefined) told['cause'] = loggedError(cause, depth + 1);
  if (error instanceof AggregateError)
    told['errors'] = error.errors.map((one) => loggedError(one, depth + 1));
  return told;
}
