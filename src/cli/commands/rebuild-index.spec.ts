import type { IndexState } from '../../indexing/index-admin.schema.js';
import { RebuildProgress } from './rebuild-index.js';

type Space = Partial<IndexState['spaces'][number]>;

const stateOf = (...spaces: Space[]): IndexState =>
  ({
    spaces: spaces.map((space, at) => ({ id: at + 1, building: 2, left: 0, total: 0, ...space })),
  }) as IndexState;

describe('the progress of a rebuild', () => {
  const seen = (...states: IndexState[]) => {
    const progress = new RebuildProgress();
    return states.map((state) => progress.of(state));
  };

  it('counts a space that is done, which tells nothing of itself any more', () => {
    const first = { total: 100, left: 10 };
    const second = { total: 300, left: 50 };
    const done = { building: null, total: 0, left: 0 };
    expect(seen(stateOf(first, second), stateOf(done, second), stateOf(done, done))).toEqual([
      { done: 340, total: 400 },
      { done: 350, total: 400 },
      { done: 400, total: 400 },
    ]);
  });

  it('does not go back where others write', () => {
    const states = [
      { total: 100, left: 20 },
      { total: 100, left: 60 },
      { total: 200, left: 100 },
      { total: 200, left: 20 },
    ];
    expect(seen(...states.map((state) => stateOf(state)))).toEqual([
      { done: 80, total: 100 },
      { done: 80, total: 100 },
      { done: 160, total: 200 },
      { done: 180, total: 200 },
    ]);
  });

  it('is nothing before there is anything to do', () => {
    expect(seen(stateOf({ building: null }))).toEqual([{ done: 0, total: 0 }]);
  });
});
