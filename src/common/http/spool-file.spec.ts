import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpoolFile } from './spool-file.js';

describe('a spool file', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tributary-spool-test-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function* source(...chunks: (string | Buffer)[]): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk));
  }

  async function bytesOf(spool: SpoolFile): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of spool.read()) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks);
  }

  it('gives its bytes as often as wanted, in the order they came', async () => {
    const large = Buffer.from(Array.from({ length: 100_000 }, (_, at) => at % 251));
    const spool = await SpoolFile.of(source('a', large, 'z'), folder);
    const expected = Buffer.concat([Buffer.from('a'), large, Buffer.from('z')]);
    expect(spool.size).toBe(expected.length);
    expect(spool.hash).toEqual(createHash('sha256').update(expected).digest());
    for await (const _ of spool.read()) break;
    expect((await bytesOf(spool)).equals(expected)).toBe(true);
    expect((await bytesOf(spool)).equals(expected)).toBe(true);
    await spool.remove();
  });

  it('leaves a byte order mark out', async () => {
    const marked = await SpoolFile.of(source('\ufeff{}'), folder);
    expect((await bytesOf(marked)).toString()).toBe('{}');
    await marked.remove();
    const other = await SpoolFile.of(source(Buffer.from([0xef, 0xbb]), '{}'), folder);
    expect((await bytesOf(other)).toString('latin1')).toBe('\u00ef\u00bb{}');
    await other.remove();
  });

  it('has no name while it is used, nor when its source fails', async () => {
    const spool = await SpoolFile.of(source('secret'), folder);
    expect(readdirSync(folder)).toEqual([]);
    await spool.remove();
    const failing = (async function* () {
      yield await Promise.resolve(Buffer.from('half'));
      throw new Error('the sender hung up');
    })();
    await expect(SpoolFile.of(failing, folder)).rejects.toThrow('the sender hung up');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says so when the disk is full', async () => {
    const probe = await open(folder);
    const handle = Object.getPrototypeOf(probe) as typeof probe;
    await probe.close();
    const noSpace = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    const write = jest.spyOn(handle, 'appendFile').mockRejectedValueOnce(noSpace);
    await expect(SpoolFile.of(source('x'), folder)).rejects.toMatchObject({ code: 'disk_full' });
    write.mockRestore();
  });
});
