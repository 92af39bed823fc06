import { tmpdir } from 'node:os';
import { ensureFreeSpace, freeBytes } from './free-space.js';

describe('ensureFreeSpace', () => {
  it('refuses with disk_full below what is needed, and says how much is left', async () => {
    const measure = () => Promise.resolve(10 * 1024 * 1024);
    await expect(ensureFreeSpace('/data', 64 * 1024 * 1024, measure)).rejects.toMatchObject({
      code: 'disk_full',
      message: expect.stringContaining('10 MB'),
    });
    await expect(ensureFreeSpace('/data', 1024, measure)).resolves.toBeUndefined();
  });

  it('measures the real disk', async () => {
    expect(await freeBytes(tmpdir())).toBeGreaterThan(0);
  });
});
