/** Why a run was stopped from outside. */
export type StopReason = 'cancelled' | 'drained' | 'lease_lost';

/** The reason of a run's abort signal. */
export class RunStopped extends Error {
  constructor(readonly why: StopReason) {
    super(`the run was stopped: ${why}`);
    this.name = 'RunStopped';
  }
}
