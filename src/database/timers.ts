/** Repeating timers are handed in, so that tests of schedules never wait. */
export interface Timers {
  /** Calls `task` every `ms` milliseconds until the returned function is called. */
  every(ms: number, task: () => void): () => void;
}

export const systemTimers: Timers = {
  every(ms, task) {
    // Housekeeping alone must not keep a finished process alive.
    const timer = setInterval(task, ms).unref();
    return () => clearInterval(timer);
  },
};
