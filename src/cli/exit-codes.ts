/** Exit codes of `tributary`; docs/guides/cli.md explains them to users. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  auth: 3,
  notFound: 4,
  conflict: 5,
  unavailable: 6,
  runFailed: 7,
  runPartial: 8,
  /** 128 + SIGINT, as shells have it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Shown by `tributary --help`. */
export const EXIT_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [EXIT.ok, 'done'],
  [EXIT.failure, 'failed'],
  [EXIT.usage, 'wrong command, option, setting or input'],
  [EXIT.auth, 'API key missing, unknown, expired or without the right'],
  [EXIT.notFound, 'no such thing'],
  [EXIT.conflict, 'not possible in the present state'],
  [EXIT.unavailable, 'server unreachable or busy, or data directory in use'],
  [EXIT.runFailed, 'a sync run ended with an error or was cancelled'],
  [EXIT.runPartial, 'a sync run left items out, see "tributary runs show"'],
  [EXIT.interrupted, 'interrupted with Ctrl-C'],
];

/** Codes whose HTTP status says less than they do. */
const BY_CODE: Readonly<Record<string, ExitCode>> = {
  configuration_invalid: EXIT.usage,
  encryption_keys_invalid: EXIT.usage,
  backup_failed: EXIT.failure,
  disk_full: EXIT.failure,
  model_unusable: EXIT.failure,
};

/** What an error answer of the API (or an AppError of this process) means for the exit code. */
export function exitCodeOfStatus(status: number, code: string): ExitCode {
  const special = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
  if (special !== undefined) return special;
  if (status === 401 || status === 403) return EXIT.auth;
  if (status === 404) return EXIT.notFound;
  if (status === 409) return EXIT.conflict;
  if (status === 429 || status === 502 || status === 503 || status === 504) return EXIT.unavailable;
  return status >= 400 && status < 500 ? EXIT.usage : EXIT.failure;
}

/** What the end of a sync run means for the exit code. */
export function exitCodeOfRun(status: string): ExitCode {
  if (status === 'error' || status === 'cancelled') return EXIT.runFailed;
  return status === 'partial' ? EXIT.runPartial : EXIT.ok;
}

/** One exit code for several runs: the worst of them. */
export function exitCodeOfRuns(statuses: readonly string[]): ExitCode {
  const codes = statuses.map(exitCodeOfRun);
  if (codes.includes(EXIT.runFailed)) return EXIT.runFailed;
  return codes.includes(EXIT.runPartial) ? EXIT.runPartial : EXIT.ok;
}
