/** Of src/run-server.ts: after that a shutdown is cut short, and the process ends with 1. */
const SHUTDOWN_MS = 9_000;

const script = `
  const start = globalThis.setTimeout;
  globalThis.setTimeout = (work, ms, ...given) =>
    start(work, ms === ${SHUTDOWN_MS} ? 240_000 : ms, ...given);`;

/** An option of Node: a server that it starts may take its time to stop. */
export const PATIENT_SHUTDOWN = `--import=data:text/javascript,${encodeURIComponent(script)}`;
