import type { EditedFile } from '../../../connectors/sdk/conformance/source-editor.js';
import { MAX_TEXT_CHARS } from '../../../src/extract/limits.js';
import { pdf } from '../../../src/extract/sample-files.contract.js';
import type { FailureAnswer } from '../../../src/sync/failures/failures.schema.js';
import type { MatrixCases } from './matrix-cases.js';
import { COMMON_WORD, textOf } from './synced-source.js';

const LARGE_BYTES = 10 * 1024 * 1024;
/** Reports of old machines pad their lines; what is left of each is a twentieth. */
const LINE_BYTES = 2_000;
/** The smallest beginning of a picture. */
const PNG = Buffer.from('89504e470d0a1a0a', 'hex');

/** A text file over 10 MB, of which as much is stored as the limit for texts lets through. */
function largeFile(): EditedFile {
  const first = textOf('a report of unusual length');
  const lines = Array.from({ length: LARGE_BYTES / LINE_BYTES + 1 }, (_, n) =>
    (n === 0 ? first : `Line ${n} of the report names ship ${n} and its cargo.`).padEnd(LINE_BYTES),
  );
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  return { name: 'large report.txt', mediaType: 'text/plain', bytes, text: first };
}

const GOOD: EditedFile = {
  name: 'a good file.txt',
  mediaType: 'text/plain',
  bytes: Buffer.from(textOf('what a good file says')),
  text: textOf('what a good file says'),
};

/** Its type is guessed from its name, as sources do; the content tells better. */
const MISNAMED: EditedFile = {
  name: 'a page that calls itself a text.txt',
  mediaType: 'text/plain',
  bytes: pdf({ pages: [[{ text: textOf('a page of a PDF'), y: 700 }]] }),
  text: textOf('a page of a PDF'),
};

/** What can be searched of a file without text is its name. */
const EMPTY: EditedFile = {
  name: `${COMMON_WORD} without a word.txt`,
  mediaType: 'text/plain',
  bytes: Buffer.alloc(0),
  text: '',
};

/** Files of which no text can be had, by the code that says why. */
const BAD: Readonly<Record<string, EditedFile>> = {
  encrypted: {
    name: 'sealed orders.pdf',
    mediaType: 'application/pdf',
    bytes: pdf({ pages: [[{ text: textOf('sealed orders'), y: 700 }]], encrypted: true }),
    text: null,
  },
  corrupt: {
    name: 'no page at all.pdf',
    mediaType: 'application/pdf',
    bytes: Buffer.from(textOf('what is called a PDF')),
    text: null,
  },
  unsupported_media_type: {
    name: 'a picture.txt',
    mediaType: 'text/plain',
    bytes: PNG,
    text: null,
  },
};

/** Case o: files that are large, empty, sealed, or not what they say. */
export function fileCases({ bench, source, when }: MatrixCases): void {
  describe('files', () => {
    const failures = async () => (await source().get('/failures')) as FailureAnswer[];
    const attempts = async () =>
      new Map((await failures()).map(({ external_id: id, attempts }) => [id, attempts]));
    /** So that no machine is slow enough to outlast it, or that it is over. */
    const setBackoff = (to: string) =>
      bench().database.asSystem((tx) =>
        tx.query(
          `update failures set next_at = now() + $2::interval
           where connection_id = $1 and next_at is not null`,
          [source().connection, to],
        ),
      );

    when('putFile')('names those that cannot be read, and finds all others', async () => {
      const { one } = await source().fill({ one: 2 });
      const { editor } = source();
      const put = (file: EditedFile) => editor.putFile!(one.key, file);
      const large = largeFile();
      expect(large.bytes.length).toBeGreaterThan(LARGE_BYTES);
      expect(large.bytes.length).toBeGreaterThan(2 * MAX_TEXT_CHARS);
      const bad = new Map<string, string>();
      // What can be read comes before them, in their midst and after them.
      await put(GOOD);
      for (const [code, file] of Object.entries(BAD)) {
        bad.set(await put(file), code);
        if (bad.size === 2) await put(MISNAMED);
      }
      const empty = await put(EMPTY);
      const cut = await put(large);

      const run = await source().sync();
      expect(run).toMatchObject({ status: 'partial', error: null, held_deletions: null });
      expect(run.counts.failed).toBe(bad.size + 1);
      const expected = new Map([...bad, [cut, 'content_truncated']]);
      const named = await failures();
      expect(new Map(named.map(({ external_id: id, code }) => [id, code]))).toEqual(expected);
      const names = [...Object.values(BAD), large].map(({ name }) => name);
      expect(named.map(({ title }) => title).sort()).toEqual(names.sort());
      for (const { message, stage } of named) {
        expect(stage).toBe('extract');
        expect(message).not.toBe('');
      }
      // Nothing to read is no failure: it is found by its name, or left out and counted.
      const isFound = (await source().visible()).has(empty);
      if (!isFound) expect(run.counts.skipped).toMatchObject({ empty: 1 });
      await source().expectIndexToEqualSource();

      await setBackoff('1 hour');
      const before = await attempts();
      const reads = await source().reads(async () => {
        const again = await source().sync();
        expect(again).toMatchObject({ status: 'partial', counts: { created: 0, embedded: 0 } });
        expect(again.counts).toMatchObject({ deleted: 0, failed: expected.size });
      });
      expect(reads).toBe(0);
      expect(await attempts()).toEqual(before);

      // Each is tried once more when its time has come; what was cut is stored as it is.
      await setBackoff('-1 second');
      const retries = await source().reads(() => source().sync());
      expect(retries).toBe(bad.size);
      const after = [...before].map(
        ([id, count]) => [id, bad.has(id) ? count + 1 : count] as const,
      );
      expect(await attempts()).toEqual(new Map(after));
      await source().expectIndexToEqualSource();
    });
  });
}
