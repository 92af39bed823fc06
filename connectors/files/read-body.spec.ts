import fs from 'node:fs';
import type { SourceDocument } from '../sdk/contract.js';
import { DocumentGoneError, ItemError, TransientSourceError } from '../sdk/errors.js';
import { SampleFolder } from './sample-folder.contract.js';

describe('reading a file', () => {
  let folder: SampleFolder;
  let document: SourceDocument;
  beforeEach(async () => {
    folder = new SampleFolder({ 'a.md': 'first' });
    document = (await folder.list()).documents.get('a.md')!;
  });
  afterEach(() => folder.dispose());

  const read = async () => {
    const body = await (document.body as () => Promise<{ bytes: Uint8Array }>)();
    return Buffer.from(body.bytes).toString();
  };

  it('gives the content as it is now, also after an edit since the listing', async () => {
    folder.write('a.md', 'second and longer');
    expect(await read()).toBe('second and longer');
  });

  it('starts again when the file changes under it', async () => {
    folder.fileSystem.whileReading = (path) => {
      folder.fileSystem.whileReading = null;
      fs.writeFileSync(path, 'changed and longer');
    };
    expect(await read()).toBe('changed and longer');
  });

  it('gives up on a file that keeps changing', async () => {
    let text = 'x';
    folder.fileSystem.whileReading = (path) => fs.writeFileSync(path, (text += 'x'));
    const reading = read();
    await expect(reading).rejects.toBeInstanceOf(ItemError);
    await expect(reading).rejects.toMatchObject({ code: 'changed_while_reading' });
    folder.fileSystem.whileReading = null;
    expect(await read()).toBe(text);
  });

  it.each([
    ['was removed', (path: string) => fs.rmSync(path)],
    ['was emptied', (path: string) => fs.writeFileSync(path, '')],
    [
      'became a folder',
      (path: string) => {
        fs.rmSync(path);
        fs.mkdirSync(path);
      },
    ],
  ])('says that the document is gone when it %s', async (_, change) => {
    change(folder.at('a.md'));
    await expect(read()).rejects.toBeInstanceOf(DocumentGoneError);
  });

  it('does not read a file that grew over the limit', async () => {
    document = (await folder.list({ max_file_bytes: 10 })).documents.get('a.md')!;
    folder.write('a.md', 'x'.repeat(11));
    await expect(read()).rejects.toMatchObject({ code: 'too_large' });
    await expect(folder.fetch('a.md', { max_file_bytes: 10 })).rejects.toMatchObject({
      code: 'too_large',
    });
  });

  it('tells a broken file from a file system that does not answer', async () => {
    folder.fileSystem.fail(['readFile'], folder.at('a.md'), 'EIO', { times: 1 });
    await expect(read()).rejects.toMatchObject({ code: 'file_unreadable' });
    folder.fileSystem.fail(['readFile'], folder.at('a.md'), 'EMFILE', { times: 1 });
    await expect(read()).rejects.toBeInstanceOf(TransientSourceError);
    expect(await read()).toBe('first');
  });

  it('gives a new version after a write that sets the old time again', async () => {
    const { mtime, atime, ctimeMs } = fs.statSync(folder.at('a.md'));
    // File systems count time in steps of some milliseconds: write until the next one has come.
    do {
      folder.write('a.md', 'FIRST');
      fs.utimesSync(folder.at('a.md'), atime, mtime);
    } while (fs.statSync(folder.at('a.md')).ctimeMs === ctimeMs);
    const again = (await folder.list()).documents.get('a.md')!;
    expect(again.version).not.toBe(document.version);
  });

  it('gives bytes as they are', async () => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
    folder.write('b.pdf', bytes);
    const pdf = (await folder.list()).documents.get('b.pdf')!;
    const body = await (pdf.body as () => Promise<{ bytes: Uint8Array }>)();
    expect(Buffer.compare(Buffer.from(body.bytes), Buffer.from(bytes))).toBe(0);
  });
});
