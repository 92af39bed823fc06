import { ACTIVE_STATES, isTerminal, RUN_MOVES, sourcesOf, type RunState } from './run-state.js';

const STATES = Object.keys(RUN_MOVES) as RunState[];

describe('states of a run', () => {
  it.each<[RunState, RunState[]]>([
    ['queued', ['running', 'cancelled']],
    ['running', ['success', 'partial', 'error', 'cancelled', 'waiting', 'queued']],
    ['waiting', ['queued', 'cancelled']],
    ['success', []],
    ['partial', []],
    ['error', []],
    ['cancelled', []],
  ])('%s may become %j and nothing else', (from, allowed) => {
    const reached = STATES.filter((to) => sourcesOf(to).includes(from));
    expect(new Set(reached)).toEqual(new Set(allowed));
  });

  it('end in a state that nothing leads out of', () => {
    expect(STATES.filter(isTerminal)).toEqual(['success', 'partial', 'error', 'cancelled']);
  });

  it('are active until they have ended', () => {
    expect(new Set(ACTIVE_STATES)).toEqual(new Set(STATES.filter((state) => !isTerminal(state))));
  });

  it('never lead back into themselves', () => {
    for (const state of STATES) expect(sourcesOf(state)).not.toContain(state);
  });
});
