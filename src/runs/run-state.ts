export type RunState =
  'queued' | 'running' | 'waiting' | 'success' | 'partial' | 'error' | 'cancelled';

/** The one table of allowed moves; API, worker and dashboard agree because there is one list. */
export const RUN_MOVES: Readonly<Record<RunState, readonly RunState[]>> = {
  queued: ['running', 'cancelled'],
  running: ['success', 'partial', 'error', 'cancelled', 'waiting', 'queued'],
  waiting: ['queued', 'cancelled'],
  success: [],
  partial: [],
  error: [],
  cancelled: [],
};

export const ACTIVE_STATES: readonly RunState[] = ['queued', 'running', 'waiting'];

export function isTerminal(state: RunState): boolean {
  return RUN_MOVES[state].length === 0;
}

/** States from which `to` may be reached; goes into the WHERE of every state change. */
export function sourcesOf(to: RunState): RunState[] {
  return (Object.keys(RUN_MOVES) as RunState[]).filter((from) => RUN_MOVES[from].includes(to));
}

/** Higher runs first: manual before webhook before schedule. */
export const PRIORITY = { manual: 30, webhook: 20, schedule: 10 } as const;

export type Trigger = keyof typeof PRIORITY;
