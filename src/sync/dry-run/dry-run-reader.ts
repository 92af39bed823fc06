import { Injectable } from '@nestjs/common';
import { Embedders } from '../../inference/embedders.js';
import { chunking } from '../../remember/chunk/chunk-document.js';
import { textHash } from '../../remember/normalise.js';
import { inTurns } from '../../remember/steps.js';
import type { SyncRun } from '../engine/sync-run.js';
import type { ListedDocument } from '../pages/classify.js';
import { isAsStored } from '../pages/content-changes.js';
import { DocumentReader, type ReadDocument } from '../pages/document-reader.js';
import { PageJudge, type JudgedPage, type ListedItems } from '../pages/page-judge.js';
import { readConcurrently } from '../pages/read-concurrently.js';
import type { DryRunDocument } from './dry-run.schema.js';

type Described = Pick<DryRunDocument, 'external_id' | 'title' | 'url'>;

/** What a sync would do with the items of a page: reads and compares, writes nothing. */
@Injectable()
export class DryRunReader {
  constructor(
    private readonly pages: PageJudge,
    private readonly reader: DocumentReader,
    private readonly embedders: Embedders,
  ) {}

  /** @throws the source's own error when the source as a whole is unwell */
  async judge(sync: SyncRun, items: ListedItems): Promise<DryRunDocument[]> {
    const embedder = this.embedders.of(sync.target.collection);
    await embedder.ready();
    const judged = await this.pages.judge(sync, items, { inDetail: true });
    const countTokens = (part: string): number => embedder.countTokens(part);
    const read = await readConcurrently(sync.connector, judged.toRead, (listed) =>
      this.read(sync, judged, listed, countTokens),
    );
    const results = [
      ...judged.unchanged.map((listed) => known(listed, 'unchanged')),
      ...judged.relabelled.map((listed) => known(listed, 'updated')),
      ...read,
      ...[...items.failures, ...judged.broken].map((failure) =>
        failed(describe(failure), failure.code, failure.message),
      ),
      ...judged.tombstones.map((document) => outcome(describe(document), { outcome: 'deleted' })),
      ...this.leftOut(items, judged),
    ];
    const byId = new Map(results.map((result) => [result.external_id, result]));
    const order = [...items.documents, ...items.failures].map(({ externalId }) => externalId);
    const ids = new Set([...order, ...byId.keys()]);
    return [...ids].flatMap((id) => byId.get(id) ?? []);
  }

  private async read(
    sync: SyncRun,
    judged: JudgedPage,
    listed: ListedDocument,
    countTokens: (text: string) => number,
  ): Promise<DryRunDocument> {
    const described = describe(listed.source);
    const result = await this.reader.read(sync, listed);
    if ('vanished' in result) return outcome(described, { outcome: 'skipped', reason: 'vanished' });
    if ('failure' in result) return failed(described, result.failure.code, result.failure.message);
    const { title } = result.read;
    const chunks = await chunksOf(result.read, judged, countTokens);
    const { code = null, message = null } = this.reader.cut(result.read) ?? {};
    const what = comparison(result.read);
    return outcome({ ...described, title }, { outcome: what, chunks, code, message });
  }

  /** Listed, but neither compared nor read. */
  private leftOut({ documents }: ListedItems, judged: JudgedPage): DryRunDocument[] {
    const postponed = new Set(judged.postponed);
    const met = new Set(
      [...judged.unchanged, ...judged.relabelled, ...judged.toRead].map(
        ({ source }) => source.externalId,
      ),
    );
    for (const { externalId } of judged.broken) met.add(externalId);
    for (const { externalId } of judged.tombstones) met.add(externalId);
    return documents
      .filter(({ externalId }) => !met.has(externalId))
      .map((document) =>
        postponed.has(document.externalId)
          ? failed(describe(document), 'postponed', 'It failed before and is tried again later.')
          : outcome(describe(document), { outcome: 'skipped', reason: 'suppressed' }),
      );
  }
}

async function chunksOf(
  read: ReadDocument,
  { suppressedTexts }: JudgedPage,
  countTokens: (text: string) => number,
): Promise<number> {
  const { title, text, kind, source } = read;
  const removed = suppressedTexts.get(source.externalId);
  const chunks = await inTurns(chunking({ title, text, kind }, { countTokens }));
  if (!removed) return chunks.length;
  return chunks.filter((chunk) => !removed.has(textHash(chunk.text))).length;
}

function comparison(read: ReadDocument): DryRunDocument['outcome'] {
  if (!read.known) return 'created';
  return isAsStored(read, read.known) ? 'unchanged' : 'updated';
}

function known({ source, known: before }: ListedDocument, what: 'unchanged' | 'updated') {
  const described = { ...describe(source), title: before!.title };
  return outcome(described, { outcome: what, chunks: before!.chunkCount });
}

function failed(described: Described, code: string, message: string): DryRunDocument {
  return { ...outcome(described, { outcome: 'failed' }), code, message };
}

function outcome(
  described: Described,
  result: Pick<DryRunDocument, 'outcome'> & Partial<DryRunDocument>,
): DryRunDocument {
  return { ...described, reason: null, code: null, message: null, chunks: null, ...result };
}

function describe(item: { externalId: string; title: string; url: string | null }): Described {
  const { externalId, title, url } = item;
  return { external_id: externalId, title, url };
}
