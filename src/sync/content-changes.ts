import { Inject, Injectable } from '@nestjs/common';
import type { SourceDocument } from '../../connectors/sdk/contract.js';
import { IDS, type Ids } from '../common/ids.js';
import { BackgroundDatabase } from '../database/background-database.js';
import type { ChangedDocument } from '../remember/changed-document.js';
import { toDocumentRow, type KnownDocument } from '../remember/document-row.js';
import type { RelabelledDocument } from '../remember/document-lifecycle.js';
import { slices } from '../remember/slices.js';
import { isReworded, type ListedDocument } from './classify.js';
import { DocumentReader, type ReadDocument } from './document-reader.js';
import type { FailedItem } from './failures.repository.js';
import { LedgerRepository } from './ledger.repository.js';
import { mapConcurrent } from './map-concurrent.js';
import type { JudgedPage } from './page-judge.js';
import { SuppressionsRepository } from './suppressions.repository.js';
import type { SyncRun } from './sync-run.js';

/** Bodies whose text is held at once, and looked up together for renames. */
const READ_GROUP = 128;

/** What reading a page found beside changed documents; complete when the generator has ended. */
export interface PageFindings {
  readonly relabelled: RelabelledDocument[];
  readonly failures: FailedItem[];
  /** Ids that were read well: their open failures are resolved. */
  readonly read: string[];
  /** Sequence numbers of the documents that the page mentions. */
  readonly seen: number[];
  created: number;
  updated: number;
  /** Read on request, and as stored. */
  unchanged: number;
  moved: number;
  vanished: number;
}

/** Reads what a page says is new or edited and tells real changes from touches and renames. */
@Injectable()
export class ContentChanges {
  constructor(
    private readonly database: BackgroundDatabase,
    private readonly ledger: LedgerRepository,
    private readonly suppressions: SuppressionsRepository,
    private readonly reader: DocumentReader,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  async *of(
    sync: SyncRun,
    judged: JudgedPage,
    findings: PageFindings,
  ): AsyncGenerator<ChangedDocument> {
    for (const group of slices(judged.toRead, READ_GROUP)) {
      const documents = await sync.timed('fetch', () => this.readGroup(sync, group, findings));
      const { renames, firstSeq } = await this.place(sync, documents);
      const suppressedTexts = new Map([
        ...judged.suppressedTexts,
        ...(await this.suppressedAfter(sync, renames)),
      ]);
      let seq = firstSeq;
      for (const document of documents) {
        const known = document.known ?? renames.get(document.source.externalId);
        if (!document.known && known) findings.moved += 1;
        if (known) this.meet(sync, findings, known.seq);
        if (known && isAsStored(document, known) && !sync.run.options.full) {
          findings.unchanged += 1;
          continue;
        }
        if (known && this.isOnlyRelabelled(sync, document, known)) {
          findings.relabelled.push(relabelled(document, known));
          continue;
        }
        if (known) findings.updated += 1;
        else findings.created += 1;
        const changed = this.changed(document, known, known?.seq ?? seq, suppressedTexts);
        if (!known) {
          this.meet(sync, findings, seq);
          seq += 1;
        }
        yield changed;
      }
    }
  }

  private meet(sync: SyncRun, findings: PageFindings, seq: number): void {
    sync.met.add(seq);
    findings.seen.push(seq);
  }

  private async readGroup(
    sync: SyncRun,
    group: readonly ListedDocument[],
    findings: PageFindings,
  ): Promise<ReadDocument[]> {
    const documents: ReadDocument[] = [];
    const settle = (listed: ListedDocument) =>
      this.reader.read(sync, listed).then(
        (result) => result,
        (error: unknown) => ({ fatal: error }),
      );
    const { concurrentReads } = sync.connector.limits;
    for await (const result of mapConcurrent(group, concurrentReads, settle)) {
      // Nothing more is asked of a source that is unwell or wants a pause.
      if ('fatal' in result) throw result.fatal;
      if ('failure' in result) findings.failures.push(result.failure);
      else if ('vanished' in result) findings.vanished += 1;
      else {
        findings.read.push(result.read.source.externalId);
        documents.push(result.read);
      }
    }
    return documents;
  }

  /** What new ids are: documents under a new name, or new ones, for which numbers are reserved. */
  private async place(
    sync: SyncRun,
    documents: readonly ReadDocument[],
  ): Promise<{ renames: Map<string, KnownDocument>; firstSeq: number }> {
    const fresh = documents.filter((document) => !document.known);
    if (fresh.length === 0) return { renames: new Map(), firstSeq: 0 };
    const named = fresh.filter(
      (document) => sync.connector.followsRenamesByContent && document.text !== '',
    );
    const hashes = named.map((document) => document.contentHash);
    const { tenant, target } = sync;
    const { stored, firstSeq } = await this.database.inTenant(tenant, async (tx) => ({
      stored:
        hashes.length > 0
          ? await this.ledger.withContent(tx, tenant, target.connection, hashes)
          : [],
      firstSeq: await this.ledger.reserveSeqs(tx, tenant, target.connection, fresh.length),
    }));
    return { renames: await this.renames(sync, named, stored), firstSeq };
  }

  /**
   * A new id with the content of exactly one stored document that its source no longer has is
   * that document under a new name. Each stored document is followed at most once.
   */
  private async renames(
    sync: SyncRun,
    fresh: readonly ReadDocument[],
    stored: readonly KnownDocument[],
  ): Promise<Map<string, KnownDocument>> {
    const renames = new Map<string, KnownDocument>();
    const candidates = stored.filter((document) => !sync.met.has(document.seq));
    if (candidates.length === 0) return renames;
    const verdicts = await sync.timed('verify', () =>
      sync.connector.verify(sync.context, candidates),
    );
    const gone = new Set(
      verdicts.filter(({ state }) => state === 'gone').map(({ externalId }) => externalId),
    );
    for (const document of fresh) {
      const same = candidates.filter(
        (candidate) =>
          candidate.contentHash === document.contentHash && gone.has(candidate.externalId),
      );
      const rivals = fresh.filter((other) => other.contentHash === document.contentHash);
      if (same.length === 1 && rivals.length === 1)
        renames.set(document.source.externalId, same[0]!);
    }
    return renames;
  }

  /** Renamed documents' texts that their owner deleted, which stay deleted; by the new id. */
  private async suppressedAfter(
    sync: SyncRun,
    renames: ReadonlyMap<string, KnownDocument>,
  ): Promise<JudgedPage['suppressedTexts']> {
    if (renames.size === 0) return new Map();
    const { tenant, target } = sync;
    const moves = [...renames].map(([to, { externalId }]) => ({ from: externalId, to }));
    // In a transaction of its own: right whether or not the page is ever committed.
    const { texts } = await this.database.inTenant(tenant, async (tx) => {
      await this.suppressions.follow(tx, tenant, target, moves);
      return this.suppressions.of(tx, tenant, target, [...renames.keys()]);
    });
    return texts;
  }

  private isOnlyRelabelled(sync: SyncRun, document: ReadDocument, known: KnownDocument): boolean {
    return (
      known.state !== 'pending' &&
      known.contentHash === document.contentHash &&
      known.title === document.title &&
      !sync.run.options.full
    );
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
function isAsStored(document: ReadDocument, known: KnownDocument): boolean {
  return (
    known.state === 'live' &&
    known.externalId === document.source.externalId &&
    known.version === document.source.version &&
    known.metaHash === document.metaHash &&
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
