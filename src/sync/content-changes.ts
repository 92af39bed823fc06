import { Inject, Injectable } from '@nestjs/common';
import type { DocumentRef, SourceDocument } from '../../connectors/sdk/contract.js';
import { IDS, type Ids } from '../common/ids.js';
import { BackgroundDatabase } from '../database/background-database.js';
import type { ChangedDocument } from '../remember/changed-document.js';
import { toDocumentRow, type KnownDocument } from '../remember/document-row.js';
import type { RelabelledDocument } from '../remember/document-lifecycle.js';
import { isReworded, type ListedDocument } from './classify.js';
import { DocumentReader, type ReadDocument } from './document-reader.js';
import type { FailedItem } from './failures.repository.js';
import { LedgerRepository } from './ledger.repository.js';
import { mapConcurrent } from './map-concurrent.js';
import type { JudgedPage } from './page-judge.js';
import {
  SuppressionsRepository,
  type RemovedDocument,
  type Rename,
  type Suppressed,
} from './suppressions.repository.js';
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
  /** Read on request, and as stored. */
  unchanged: number;
  moved: number;
  /** Removed for good under another name. */
  suppressed: number;
  vanished: number;
}

/** What documents with new ids are. */
interface Placed {
  readonly renames: ReadonlyMap<string, KnownDocument>;
  readonly suppressed: Suppressed;
  /** The first of the numbers reserved for new documents. */
  readonly firstSeq: number;
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
    for (let from = 0; from < judged.toRead.length;) {
      const group = judged.toRead.slice(from, from + sync.readGroups.next(READ_GROUP));
      from += group.length;
      const { documents, stopped } = await sync.timed('fetch', () =>
        this.readGroup(sync, group, findings),
      );
      const { renames, suppressed, firstSeq } = await this.place(sync, documents);
      const suppressedTexts = new Map([...judged.suppressedTexts, ...suppressed.texts]);
      let seq = firstSeq;
      for (const document of documents) {
        if (suppressed.documents.has(document.source.externalId)) {
          findings.suppressed += 1;
          continue;
        }
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
        const changed = this.changed(document, known, known?.seq ?? seq, suppressedTexts);
        if (!known) {
          this.meet(sync, findings, seq);
          seq += 1;
        }
        yield changed;
      }
      if (stopped) throw stopped.by;
    }
  }

  private meet(sync: SyncRun, findings: PageFindings, seq: number): void {
    sync.met.add(seq);
    findings.seen.push(seq);
  }

  /**
   * Nothing more is asked of a source that is unwell or wants a pause, but what it has answered is
   * kept: where every call may be the last for a minute, a page is never read at once.
   */
  private async readGroup(
    sync: SyncRun,
    group: readonly ListedDocument[],
    findings: PageFindings,
  ): Promise<{ documents: ReadDocument[]; stopped?: { by: unknown } }> {
    const documents: ReadDocument[] = [];
    let stopped: { by: unknown } | undefined;
    const settle = async (listed: ListedDocument) => {
      if (stopped) return undefined;
      return this.reader.read(sync, listed).catch((error: unknown) => {
        stopped ??= { by: error };
      });
    };
    const { concurrentReads } = sync.connector.limits;
    for await (const result of mapConcurrent(group, concurrentReads, settle)) {
      sync.signal.throwIfAborted();
      if (!result) continue;
      if ('failure' in result) findings.failures.push(result.failure);
      else if ('vanished' in result) findings.vanished += 1;
      else {
        findings.read.push(result.read.source.externalId);
        documents.push(result.read);
      }
    }
    return { documents, ...(stopped && { stopped }) };
  }

  /** What new ids are: documents under a new name, or new ones, for which numbers are reserved. */
  private async place(sync: SyncRun, documents: readonly ReadDocument[]): Promise<Placed> {
    const fresh = documents.filter((document) => !document.known);
    if (fresh.length === 0)
      return {
        renames: new Map(),
        suppressed: { documents: new Set(), texts: new Map() },
        firstSeq: 0,
      };
    const named = fresh.filter(
      (document) => sync.connector.followsRenamesByContent && document.text !== '',
    );
    const hashes = named.map((document) => document.contentHash);
    const { tenant, target } = sync;
    const { stored, removed, firstSeq } = await this.database.inTenant(tenant, async (tx) => ({
      stored:
        hashes.length > 0
          ? await this.ledger.withContent(tx, tenant, target.connection, hashes)
          : [],
      removed:
        hashes.length > 0 ? await this.suppressions.withContent(tx, tenant, target, hashes) : [],
      firstSeq: await this.ledger.reserveSeqs(tx, tenant, target.connection, fresh.length),
    }));
    const candidates = stored.filter((document) => !sync.met.has(document.seq));
    const gone = await this.gone(sync, [...candidates, ...removed]);
    const renames = renamed(named, candidates.filter(gone));
    const others = named.filter(({ source }) => !renames.has(source.externalId));
    const moves = [
      ...[...renames].map(([to, { externalId }]) => ({ from: externalId, to })),
      ...removedBefore(others, removed.filter(gone)),
    ];
    return { renames, suppressed: await this.suppressedAfter(sync, moves), firstSeq };
  }

  /** Asks the source, once, which of these it no longer has. */
  private async gone(
    sync: SyncRun,
    candidates: readonly { readonly externalId: string }[],
  ): Promise<(one: { readonly externalId: string }) => boolean> {
    if (candidates.length === 0) return () => false;
    const refs = new Map<string, DocumentRef>(
      candidates.map((one) => [one.externalId, { partition: '', version: null, ...one }]),
    );
    const verdicts = await sync.timed('verify', () =>
      sync.connector.verify(sync.context, [...refs.values()]),
    );
    const ids = new Set(
      verdicts.filter(({ state }) => state === 'gone').map(({ externalId }) => externalId),
    );
    return ({ externalId }) => ids.has(externalId);
  }

  /** What their owner deleted of renamed documents stays deleted; by the new id. */
  private async suppressedAfter(sync: SyncRun, moves: readonly Rename[]): Promise<Suppressed> {
    if (moves.length === 0) return { documents: new Set(), texts: new Map() };
    const { tenant, target } = sync;
    const ids = moves.map(({ to }) => to);
    // In a transaction of its own: right whether or not the page is ever committed.
    return this.database.inTenant(tenant, async (tx) => {
      await this.suppressions.follow(tx, tenant, target, moves);
      return this.suppressions.of(tx, tenant, target, ids);
    });
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

/**
 * A new id with the content of exactly one stored document that its source no longer has is that
 * document under a new name. Each stored document is followed at most once.
 */
function renamed(
  fresh: readonly ReadDocument[],
  gone: readonly KnownDocument[],
): Map<string, KnownDocument> {
  const renames = new Map<string, KnownDocument>();
  for (const document of fresh) {
    const same = gone.filter(({ contentHash }) => contentHash === document.contentHash);
    const rivals = fresh.filter(({ contentHash }) => contentHash === document.contentHash);
    if (same.length === 1 && rivals.length === 1) renames.set(document.source.externalId, same[0]!);
  }
  return renames;
}

/**
 * The other new ids with the content of a document that was removed for good and that its source
 * no longer has: all of them, since any of them may be that document.
 */
function removedBefore(fresh: readonly ReadDocument[], gone: readonly RemovedDocument[]): Rename[] {
  return fresh.flatMap(({ source, contentHash }) => {
    const before = gone.find((removed) => removed.contentHash === contentHash);
    return before ? [{ from: before.externalId, to: source.externalId }] : [];
  });
}

/** A document that was read although its version is known, and has not changed. */
function isAsStored(document: ReadDocument, known: KnownDocument): boolean {
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
