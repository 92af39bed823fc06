import { startApp } from '../../support/http-app.js';
import { ShiftedClock } from '../../support/shifted-clock.js';

/** Looks for a job's end pass in no time, as if each had taken ten minutes. */
class HurriedClock extends ShiftedClock {
  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms <= 500) this.advance(600_000);
    return super.sleep(Math.min(ms, 500), signal);
  }
}

describe('dedup that takes longer than the request waits', () => {
  it('answers 202 with a job that a worker finishes later', async () => {
    // No worker runs in a process of role api, so the job stays in the queue.
    const env = { TRIBUTARY_ROLE: 'api' };
    const app = await startApp({ env, clock: new HurriedClock() });
    try {
      const base = '/v1/memory/collections/notes';
      await app.request('POST', `${base}/memories`, { body: { text: 'one' } });
      const answer = await app.request('POST', `${base}/dedup`);
      expect(answer.status).toBe(202);
      expect(answer.body).toEqual({ job_id: expect.any(String), status: 'running' });
      const job = await app.request('GET', `/v1/memory/jobs/${answer.body.job_id}`);
      expect(job.body).toMatchObject({ kind: 'dedup', status: 'queued', result: null });
    } finally {
      await app.close();
    }
  });
});
