/** Why a run was stopped: by a person, by the process, by another worker, for another run. */
export type StopReason = 'cancelled' | 'drained' | 'lease_lost' | 'yielded';

/** The reason of a run's abort signal. */
export class RunStopped extends Error {
  constructor(
    readonly why: StopReason,
    options?: ErrorOptions,
  ) {
    super(`the run was stopped: ${why}`, options);
    this.name = 'RunStopped';
  }
}
