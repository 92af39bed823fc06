import { createHash } from 'node:crypto';
import type { Clock } from '../common/clock.js';
import type { BackgroundDatabase } from '../database/background-database.js';
import type { VectorIndex } from '../indexing/vector-index.js';
import type { Embedders } from '../inference/embedders.js';
import type { ChangedDocument, SyncTarget } from './changed-document.js';
import { chunkDocument, chunking } from './chunk/chunk-document.js';
import { DocumentPipeline } from './document-pipeline.js';
import type { DocumentRowsRepository } from './document-rows.repository.js';
import type { MemoryRowsRepository } from './memory-rows.repository.js';
import { normaliseText, normalising } from './normalise.js';
import { prepareDocument, preparing } from './prepare-document.js';
import { inTurns } from './steps.js';

/** The longest text that extraction gives. */
const LONGEST = 5_000_000;

/** Lines of 80 characters that no tokenizer knows, always the same ones. */
function base64Lines(length: number): string {
  const lines: string[] = [];
  for (let at = 0; at * 81 < length; at++)
    lines.push(createHash('sha512').update(String(at)).digest('base64').slice(0, 80));
  return lines.join('\n').slice(0, length);
}

const countTokens = (text: string): number => Math.ceil(text.length / 4);
const options = { countTokens, now: new Date(0) };
const target = { connection: 'c', provider: 'files', account: 'a', collection: { id: 'k' } };
const syncTarget = { ...target, containerTag: null } as unknown as SyncTarget;

const documentOf = (text: string): ChangedDocument => ({
  id: '0190b8a0-0000-7000-8000-000000000000',
  isNew: true,
  seq: 1,
  source: {
    externalId: 'huge.txt',
    title: 'huge.txt',
    url: null,
    author: null,
    container: null,
    parents: [],
    times: { createdAt: null, updatedAt: null },
    access: { principals: [] },
    metadata: {},
  } as unknown as ChangedDocument['source'],
  title: 'huge.txt',
  text,
  kind: 'markdown',
  citations: [],
  contentHash: 'content',
  metaHash: 'meta',
  retitled: false,
  suppressedTexts: new Set(),
});

/** What became of it, and how often other work of the process had its turn meanwhile. */
async function served<T>(work: () => Promise<T>): Promise<{ result: T; turns: number }> {
  let turns = 0;
  let next: NodeJS.Immediate;
  const turn = (): void => {
    turns += 1;
    next = setImmediate(turn);
  };
  next = setImmediate(turn);
  try {
    return { result: await work(), turns };
  } finally {
    clearImmediate(next!);
  }
}

describe('a large document', () => {
  beforeEach(() => {
    // A tenth of a millisecond per step, whatever the machine does.
    let now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => (now += 0.1));
  });
  afterEach(() => jest.restoreAllMocks());

  it('leaves the process to others while it is prepared, with the same result', async () => {
    const document = documentOf(base64Lines(LONGEST));
    const { result, turns } = await served(() =>
      inTurns(preparing(syncTarget, document, [], options)),
    );
    expect(result.fresh.length).toBeGreaterThan(5000);
    expect(turns).toBeGreaterThan(1000);
    const atOnce = prepareDocument(syncTarget, document, [], options);
    expect(JSON.stringify(result) === JSON.stringify(atOnce)).toBe(true);
  });

  it.each([
    ['short lines', 'a\n'],
    ['paragraphs', 'ab\n\n'],
    ['headings', '# A\n\ntext\n\n'],
    ['code that never ends', '```\n' + 'x\n'.repeat(9)],
    ['a table', '| a | b |\n'],
    ['one word', 'word'],
    ['one paragraph', 'Some words of prose. '],
    ['no spaces at all', '漢字'],
  ])('is chunked in small steps: %s', async (_name, part) => {
    const text =
      (part === '| a | b |\n' ? '| a |\n|---|\n' : '') + part.repeat(500_000 / part.length);
    const input = { title: '', text, kind: 'markdown' as const };
    const { result, turns } = await served(() => inTurns(chunking(input, options)));
    expect(turns).toBeGreaterThan(100);
    expect(JSON.stringify(result) === JSON.stringify(chunkDocument(input, options))).toBe(true);
  });

  it('leaves the process to others while a conversation is chunked', async () => {
    const text = 'Anna (8 May 2026): yes\n'.repeat(20_000);
    const input = { title: '', text, kind: 'messages' as const };
    const { result, turns } = await served(() => inTurns(chunking(input, options)));
    expect(turns).toBeGreaterThan(100);
    expect(result).toEqual(chunkDocument(input, options));
  });

  it('is normalised in parts, whatever lies where two of them meet', async () => {
    for (const end of ['\n', '\r\n', '\r', ' \r\n\r\n\r\n', '\u0000\r\u0000\n', ' \t\n \n\n ']) {
      for (let shift = 0; shift < 4; shift++) {
        const text = `${'x'.repeat(shift)}${`word e\u0301${end}`.repeat(40_000)}`;
        const result = await inTurns(normalising(text));
        expect(result === inOne(text)).toBe(true);
        expect(normaliseText(text) === result).toBe(true);
      }
    }
  });

  it('leaves the process to others on its way through the pipeline', async () => {
    const embedder = {
      countTokens,
      embed: (texts: readonly string[]) => Promise.resolve(texts.map(() => new Float32Array(1))),
    };
    const pipeline = new DocumentPipeline(
      { writeBatch: 100, lightBatch: 1000 } as unknown as BackgroundDatabase,
      {} as DocumentRowsRepository,
      {} as MemoryRowsRepository,
      { of: () => embedder } as unknown as Embedders,
      { waitForRoom: () => Promise.resolve() } as unknown as VectorIndex,
      { now: () => options.now } as Clock,
    );
    async function* changed(): AsyncGenerator<ChangedDocument> {
      yield await Promise.resolve(documentOf(base64Lines(1_000_000)));
    }
    const { result, turns } = await served(async () => {
      const { signal } = new AbortController();
      const observer = { refused: () => undefined, timed: <T>(work: () => Promise<T>) => work() };
      const limit = { next: (most: number) => most };
      let chunks = 0;
      for await (const batch of pipeline.batches(
        't',
        syncTarget,
        changed(),
        signal,
        limit,
        observer,
      ))
        chunks += batch.fresh.length;
      return chunks;
    });
    expect(result).toBeGreaterThan(1000);
    expect(turns).toBeGreaterThan(200);
  });
});

/** `normaliseText` as it reads, on the whole text. */
function inOne(text: string): string {
  const lines = text
    .toWellFormed()
    .normalize('NFC')
    .replaceAll('\u0000', '')
    .split(/\r\n?|\n/);
  const trimmed = lines.map((line) => line.trimEnd()).join('\n');
  return trimmed.replace(/\n{3,}/g, '\n\n').trim();
}
