import { DEMO_PORT, startOnPort } from './demo-port.js';

const IN_USE = Object.assign(new Error('listen'), { code: 'EADDRINUSE' });

describe('the port of the demo', () => {
  const tried: number[] = [];
  const refusing =
    (...ports: number[]) =>
    (port: number): Promise<number> => {
      tried.push(port);
      return ports.includes(port) ? Promise.reject(IN_USE) : Promise.resolve(port);
    };
  const free = () => Promise.resolve(false);
  beforeEach(() => {
    tried.length = 0;
  });

  it('is the usual one', async () => {
    expect(await startOnPort(undefined, refusing(), free)).toBe(DEMO_PORT);
  });

  it('is a free one where another process has the usual one', async () => {
    await startOnPort(undefined, refusing(), () => Promise.resolve(true));
    expect(tried).toEqual([0]);
  });

  it('is a free one where another process takes the usual one just then', async () => {
    expect(await startOnPort(undefined, refusing(DEMO_PORT), free)).toBe(0);
    expect(tried).toEqual([DEMO_PORT, 0]);
  });

  it('is no other than the one that was asked for', async () => {
    await expect(startOnPort(81, refusing(81), free)).rejects.toBe(IN_USE);
    expect(tried).toEqual([81]);
  });

  it('is not looked for when the start fails for another reason', async () => {
    const broken = new Error('no disk');
    const start = (port: number) => (tried.push(port), Promise.reject(broken));
    await expect(startOnPort(undefined, start, free)).rejects.toBe(broken);
    expect(tried).toEqual([DEMO_PORT]);
  });
});
