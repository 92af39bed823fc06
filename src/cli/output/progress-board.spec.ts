import { ManualClock } from '../../common/clock.js';
import { ProgressBoard } from './progress-board.js';
import { styleFor } from './style.js';
import type { Terminal } from './terminal.js';

function record(live: boolean): { terminal: Terminal; written: string[] } {
  const written: string[] = [];
  const style = styleFor(false);
  const push = (text: string): void => void written.push(text);
  const terminal: Terminal = {
    out: push,
    note: push,
    draw: push,
    width: 80,
    live,
    liveWidth: 80,
    style,
    noteStyle: style,
  };
  return { terminal, written };
}

describe('progress board', () => {
  it('draws over its own lines on a terminal', () => {
    const { terminal, written } = record(true);
    const board = new ProgressBoard(terminal, new ManualClock());
    board.show(['one', 'two']);
    board.show(['three']);
    board.show(['three']);
    board.clear();
    expect(written).toEqual(['one\ntwo\n', '\u001b[2A\r\u001b[0Jthree\n', '\u001b[1A\r\u001b[0J']);
  });

  it('keeps lines above the block', () => {
    const { terminal, written } = record(true);
    const board = new ProgressBoard(terminal, new ManualClock());
    board.show(['one']);
    board.keep('done');
    expect(written).toEqual(['one\n', '\u001b[1A\r\u001b[0J', 'done']);
  });

  it('adds a changed line every few seconds elsewhere, without escape sequences', () => {
    const { terminal, written } = record(false);
    const clock = new ManualClock();
    const board = new ProgressBoard(terminal, clock);
    for (const line of ['1', '2', '3', '4', '5', '5', '5']) {
      board.show([line]);
      clock.advance(3_000);
    }
    board.clear();
    expect(written).toEqual(['3', '5']);
  });
});
