import { Inject, Injectable } from '@nestjs/common';
import type { SourceDocument } from '../../../connectors/sdk/contract.js';
import { IDS, type Ids } from '../../common/ids.js';
import type { ChangedDocument } from '../../remember/changed-document.js';
import { toDocumentRow, type KnownDocument } from '../../remember/document-row.js';
import type { RelabelledDocument } from '../../remember/label-parts.js';
import type { SyncRun } from '../engine/sync-run.js';
import type { FailedItem } from '../failures/failures.repository.js';
import { isReworded, type ListedDocument } from './classify.js';
import { DocumentReader, type ReadDocument } from './document-reader.js';
import { NewIds } from './new-ids.js';
import type { JudgedPage } from './page-judge.js';
import { readConcurrently } from './read-concurrently.js';

/** Bodies whose text is held at once, and looked up together for renames. */
const READ_GROUP = 128;
/** With so many characters of text a group is full: those that are being read still join it. */
const MOST_CHARACTERS = 8_000_000;

/** What reading a page found beside changed documents; complete when the generator has ended. */
export interface PageFindings {
  readonly relabelled: RelabelledDocument[];
  readonly failures: FailedItem[];
  /**
   * Failures of documents that are stored although a part of them was left out, by the document's
   * id: recorded by the very transaction that stores it, since nobody reads it again after a crash.
   */
  readonly cut: Map<string, FailedItem>;
  /** Ids that were read well. */
  readonly read: Set<string>;
  /**
   * Ids of which nothing has to be stored: with the page their open failures are resolved, unless
   * they failed later. Those of others are resolved by the very transaction that stores them.
   */
  readonly settled: string[];
  /** Sequence numbers of the documents that the page mentions and that did not vanish since. */
  readonly seen: number[];
  /** Read because the source asked for it, and as stored. */
  unchanged: number;
  /**
   * Read because all is read again, and as stored: ids with the number of their chunks. Their
   * chunks are compared, too; whose are not as they should be leaves this, for it is mended.
   */
  readonly asStored: Map<string, number>;
  /** Ids of documents that have a new name. */
  readonly moved: Set<string>;
  /** Removed for good under another name. */
  suppressed: number;
  vanished: number;
}

/** Reads what a page says is new or edited and tells real changes from touches and renames. */
@Injectable()
export class ContentChanges {
  constructor(
    private readonly reader: DocumentReader,
    private readonly newIds: NewIds,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  async *of(
    sync: SyncRun,
    judged: JudgedPage,
    findings: PageFindings,
  ): AsyncGenerator<ChangedDocument> {
    for (let from = 0; from < judged.toRead.length;) {
      const group = judged.toRead.slice(from, from + sync.readGroups.next(READ_GROUP));
      const { documents, begun, stopped } = await sync.timed('fetch', () =>
        this.readGroup(sync, group, judged, findings),
      );
      from += begun;
      const { renames, suppressed, firstSeq } = await this.newIds.place(sync, documents);
      const suppressedTexts = new Map([...judged.suppressedTexts, ...suppressed.texts]);
      let seq = firstSeq;
      for (const document of documents) {
        const { externalId } = document.source;
        if (suppressed.documents.has(externalId)) {
          findings.suppressed += 1;
          findings.settled.push(externalId);
          continue;
        }
        const known = document.known ?? renames.get(externalId);
        if (known && !this.isToBeStored(sync, document, known, findings)) continue;
        if (!known) this.meet(sync, findings, seq);
        const changed = this.changed(document, known, known?.seq ?? seq++, suppressedTexts);
        this.noteCut(document, changed.id, findings);
        yield changed;
      }
      if (stopped) throw stopped.by;
    }
  }

  /** Whether a stored document is written whole; notes what it is if not. */
  private isToBeStored(
    sync: SyncRun,
    document: ReadDocument,
    known: KnownDocument,
    findings: PageFindings,
  ): boolean {
    if (!document.known) findings.moved.add(known.id);
    this.meet(sync, findings, known.seq);
    const isSame = isAsStored(document, known);
    if (sync.run.options.full) {
      // Stored once more, so that chunks, labels and citations are mended.
      if (isSame) findings.asStored.set(known.id, known.chunkCount);
      return true;
    }
    if (isSame) {
      findings.unchanged += 1;
      findings.settled.push(known.externalId);
      const cut = this.reader.cut(document);
      if (cut) findings.failures.push(cut);
      return false;
    }
    if (!isOnlyRelabelled(document, known)) return true;
    findings.relabelled.push(relabelled(document, known));
    this.noteCut(document, known.id, findings);
    return false;
  }

  private noteCut(document: ReadDocument, id: string, findings: PageFindings): void {
    const cut = this.reader.cut(document);
    if (cut) findings.cut.set(id, cut);
  }

  private meet(sync: SyncRun, findings: PageFindings, seq: number): void {
    sync.met.add(seq);
    findings.seen.push(seq);
  }

  /**
   * Nothing more is asked of a source that is unwell or wants a pause, but what it has answered is
   * kept: where every call may be the last for a minute, a page is never read at once.
   * @returns `begun`: how many of the group, from its beginning, were read; the others are for the
   *   next one
   */
  private async readGroup(
    sync: SyncRun,
    group: readonly ListedDocument[],
    { labelledAnyway }: JudgedPage,
    findings: PageFindings,
  ): Promise<{ documents: ReadDocument[]; begun: number; stopped?: { by: unknown } }> {
    const documents: ReadDocument[] = [];
    let stopped: { by: unknown } | undefined;
    let [begun, characters] = [0, 0];
    const settle = async (listed: ListedDocument) => {
      sync.signal.throwIfAborted();
      if (stopped || characters >= MOST_CHARACTERS) return undefined;
      begun += 1;
      try {
        const result = await this.reader.read(sync, listed);
        if ('read' in result) characters += result.read.text.length;
        return result;
      } catch (error) {
        stopped ??= { by: error };
        return undefined;
      }
    };
    const results = await readConcurrently(sync.connector, group, settle);
    sync.signal.throwIfAborted();
    for (const [at, result] of results.entries()) {
      if (!result) continue;
      if ('failure' in result) {
        findings.failures.push(result.failure);
        const listed = group[at]!;
        if (labelledAnyway.has(listed)) findings.relabelled.push(relabelled(listed, listed.known!));
      } else if ('vanished' in result) this.vanish(findings, group[at]!);
      else {
        findings.read.add(result.read.source.externalId);
        documents.push(result.read);
      }
    }
    return { documents, begun, ...(stopped && { stopped }) };
  }

  /** As good as not listed: the review of this run asks the source about it. */
  private vanish(findings: PageFindings, { known }: ListedDocument): void {
    findings.vanished += 1;
    const at = known ? findings.seen.indexOf(known.seq) : -1;
    if (at !== -1) findings.seen.splice(at, 1);
  }

  private changed(
    document: ReadDocument,
    known: KnownDocument | undefined,
    seq: number,
    suppressedTexts: JudgedPage['suppressedTexts'],
  ): ChangedDocument {
    const source = withoutBody(document.source);
    return {
      id: known?.id ?? this.ids.next(),
      isNew: known === undefined,
      seq,
      source,
      title: document.title,
      text: document.text,
      kind: document.kind,
      citations: document.citations,
      contentHash: document.contentHash,
      metaHash: document.metaHash,
      retitled: known !== undefined && known.title !== document.title,
      suppressedTexts: suppressedTexts.get(source.externalId) ?? new Set(),
    };
  }
}

/** A document that was read although its version is known, and has not changed. */
export function isAsStored(document: ReadDocument, known: KnownDocument): boolean {
  return (
    known.state === 'live' &&
    !known.kept &&
    known.externalId === document.source.externalId &&
    known.version === document.source.version &&
    known.metaHash === document.metaHash &&
    known.contentHash === document.contentHash &&
    known.title === document.title
  );
}

function isOnlyRelabelled(document: ReadDocument, known: KnownDocument): boolean {
  return (
    known.state !== 'pending' &&
    known.contentHash === document.contentHash &&
    known.title === document.title
  );
}

/** The row of a document whose stored content stays as it is. */
export function relabelled(document: ListedDocument, known: KnownDocument): RelabelledDocument {
  const source = withoutBody(document.source);
  const { id, seq, title, contentHash, chunkCount } = known;
  const { metaHash } = document;
  return {
    row: toDocumentRow(source, {
      ...{ id, seq, title, contentHash, metaHash, chunkCount },
      citations: null,
    }),
    reworded: isReworded(known, source),
  };
}

/** A body may be large or not yet read; what is stored never needs it again. */
function withoutBody(document: SourceDocument): Omit<SourceDocument, 'body'> {
  const { body: _, ...described } = document;
  return described;
}
