import type { INestApplication } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { PriorityGate } from '../../src/database/priority-gate.js';

/**
 * How long the product waits before it gives up is the subject of few tests. The others must not
 * fail where the machine stands still for seconds, so theirs waits so long instead, which is still
 * less than a test has.
 */
export const PATIENCE_MS = 240_000;

/** Of requests for runs and jobs, and of a sync for the run before it to stop. */
const LIMITS_MS: readonly number[] = [25_000, 5_000];

const { enter } = PriorityGate.prototype;

/** Nobody is turned away because the database is busy. */
PriorityGate.prototype.enter = function (request) {
  return enter.call(this, { ...request, wait: 'unbounded' });
};

interface Waits<T> {
  wait(tenant: string, id: string, ms: number): Promise<T>;
}

/** Requests that wait for runs and jobs are answered when these have ended. */
export function waitPatiently<T>(service: Waits<T>): void {
  const wait = service.wait.bind(service);
  service.wait = (tenant, id, ms) => wait(tenant, id, LIMITS_MS.includes(ms) ? PATIENCE_MS : ms);
}

/** What gives up by a signal of its own does not, until mocks are restored. */
export function waitWithoutEnd(): void {
  jest.spyOn(AbortSignal, 'timeout').mockImplementation(() => new AbortController().signal);
}

/** Nothing is done at intervals any more, but only when a test says so. */
export function stopIntervals({ nest }: { nest: INestApplication }): void {
  const timers = nest.get(SchedulerRegistry, { strict: false });
  for (const name of timers.getIntervals()) timers.deleteInterval(name);
}
