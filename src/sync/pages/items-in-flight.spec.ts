import { ItemsInFlight } from './items-in-flight.js';

/** Whether a promise has settled once everything that is ready has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  await new Promise(setImmediate);
  return settled;
}

describe('items in flight', () => {
  it('are taken one after the other, others at once', async () => {
    const items = new ItemsInFlight();
    await items.take(['a', 'b']);
    const later = items.take(['b', 'c']);
    expect(await isSettled(items.take(['d']))).toBe(true);
    expect(await isSettled(later)).toBe(false);
    items.release(['a']);
    expect(await isSettled(later)).toBe(false);
    items.release(['b']);
    expect(await isSettled(later)).toBe(true);
    expect(await isSettled(items.take(['c']))).toBe(false);
  });

  it('may be mentioned twice by one page', async () => {
    const items = new ItemsInFlight();
    expect(await isSettled(items.take(['a', 'a']))).toBe(true);
    items.release(['a', 'a']);
    expect(await isSettled(items.take(['a']))).toBe(true);
  });

  it('are left out by the one who cannot wait', async () => {
    const items = new ItemsInFlight();
    await items.take(['a']);
    const wanted = [{ externalId: 'a' }, { externalId: 'b' }];
    expect(items.takeFree(wanted)).toEqual([{ externalId: 'b' }]);
    expect(items.takeFree(wanted)).toEqual([]);
    items.release(['a', 'b']);
    expect(items.takeFree(wanted)).toEqual(wanted);
  });

  it('keep nobody waiting once nothing is committed any more', async () => {
    const items = new ItemsInFlight();
    await items.take(['a']);
    const later = items.take(['a']);
    items.stop();
    expect(await isSettled(later)).toBe(true);
    expect(await isSettled(items.take(['a']))).toBe(true);
  });
});
