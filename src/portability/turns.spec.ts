import { Turns } from './turns.js';

describe('turns', () => {
  it('are taken one after the other, also after a failure, and per key', async () => {
    const turns = new Turns();
    const events: string[] = [];
    let fail = (_error: Error) => {};
    const first = new Promise<void>((_resolve, reject) => (fail = reject));
    const a = turns.take('x', () => first);
    const b = turns.take('x', () => Promise.resolve(events.push('second of x')));
    await turns.take('y', () => Promise.resolve(events.push('first of y')));
    expect(events).toEqual(['first of y']);
    fail(new Error('broken'));
    await expect(a).rejects.toThrow('broken');
    await b;
    expect(events).toEqual(['first of y', 'second of x']);
  });
});
