import { setTimeout as pause } from 'node:timers/promises';

export interface LoadReport {
  requests: number;
  failed: number;
  /** Why, each reason once. */
  failures: string[];
  'p50 ms': number;
  'p95 ms': number;
  'p99 ms': number;
  'max ms': number;
}

/**
 * Asks at a fixed rate whether answers come or not. A latency counts from when the request was
 * due, so waiting in our own queue counts too.
 */
export async function openLoop(load: {
  /** Per second. */
  rate: number;
  seconds: number;
  ask: () => Promise<void>;
}): Promise<LoadReport> {
  const latencies: number[] = [];
  let failed = 0;
  const failures = new Set<string>();
  const begun = performance.now();
  const running: Promise<void>[] = [];
  for (let n = 0; n < load.rate * load.seconds; n += 1) {
    const due = begun + (n * 1000) / load.rate;
    const early = due - performance.now();
    if (early > 0) await pause(early);
    running.push(
      load
        .ask()
        .catch((error: unknown) => {
          failed += 1;
          failures.add(error instanceof Error ? error.message : String(error));
        })
        .then(() => void latencies.push(performance.now() - due)),
    );
  }
  await Promise.all(running);
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!);
  return {
    requests: sorted.length,
    failed,
    failures: [...failures],
    'p50 ms': at(0.5),
    'p95 ms': at(0.95),
    'p99 ms': at(0.99),
    'max ms': at(1),
  };
}
