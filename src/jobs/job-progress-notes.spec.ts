import { ManualClock } from '../common/clock.js';
import { JobProgressNotes } from './job-progress-notes.js';

describe('the progress of a job', () => {
  let clock: ManualClock;
  let noted: [unknown, boolean][];
  let held: boolean;
  let lost: AbortController;
  let notes: JobProgressNotes;

  beforeEach(() => {
    clock = new ManualClock();
    noted = [];
    held = true;
    lost = new AbortController();
    const note = (progress: Record<string, unknown>, ahead: boolean): Promise<boolean> => {
      noted.push([progress, ahead]);
      return Promise.resolve(held);
    };
    notes = new JobProgressNotes('a job', null, clock, note, lost);
  });

  it('is written at most once a second, but when it cannot wait', async () => {
    await notes.tell({ done: 1 });
    await notes.tell({ done: 2 });
    await notes.tell({ done: 3 }, { now: true });
    await notes.tell({ done: 4 });
    clock.advance(1000);
    await notes.tell({ done: 5 });
    expect(noted.map(([progress]) => progress)).toEqual([{ done: 1 }, { done: 3 }, { done: 5 }]);
  });

  it('says that the attempt got ahead as soon as it is written again', async () => {
    await notes.tell({ phase: 'begun' });
    await notes.tell({ done: 1 }, { ahead: true });
    await notes.tell({ phase: 'next' }, { now: true });
    expect(noted).toEqual([
      [{ phase: 'begun' }, false],
      [{ phase: 'next' }, true],
    ]);
  });

  it('ends the attempt that has lost its job', async () => {
    held = false;
    await expect(notes.tell({})).rejects.toThrow('a job was cancelled or taken over');
    expect(lost.signal.aborted).toBe(true);
  });
});
