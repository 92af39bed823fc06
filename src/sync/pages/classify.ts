import { hash } from 'node:crypto';
import type { SourceDocument } from '../../../connectors/sdk/contract.js';
import type { KnownDocument } from '../../remember/document-row.js';

export interface DescribedDocument {
  readonly source: SourceDocument;
  readonly metaHash: string;
}

export interface ListedDocument extends DescribedDocument {
  readonly known: KnownDocument | undefined;
}

export interface Classified {
  /** As stored and live: only marked as seen. */
  readonly unchanged: ListedDocument[];
  /** Content as stored, but labels, partition or visibility differ: nothing is read or embedded. */
  readonly relabelled: ListedDocument[];
  /** New, edited, renamed, unfinished or asked for: the body has to be read. */
  readonly toRead: ListedDocument[];
}

/**
 * Compares a listed page with what is stored. `fullSince`: everything is to be read again that was
 * not read since then; null: only what is new or edited.
 */
export function classify(
  listed: readonly DescribedDocument[],
  known: ReadonlyMap<string, KnownDocument>,
  options: { fullSince: Date | null; titlesFromContent: boolean },
): Classified {
  const result: Classified = { unchanged: [], relabelled: [], toRead: [] };
  for (const { source, metaHash } of listed) {
    const before = known.get(source.externalId);
    const document = { source, known: before, metaHash };
    const isSame = before && sameContent(before, source, options.titlesFromContent);
    const isOld = options.fullSince !== null && before && before.syncedAt < options.fullSince;
    if (!isSame || isOld || source.reread) result.toRead.push(document);
    // What was kept without its source is its source's again: that has to be written.
    else if (before.state !== 'live' || before.kept || before.metaHash !== document.metaHash)
      result.relabelled.push(document);
    else result.unchanged.push(document);
  }
  return result;
}

/** The title is part of what is embedded, so a rename counts as other content. */
function sameContent(
  known: KnownDocument,
  source: SourceDocument,
  titlesFromContent: boolean,
): boolean {
  return (
    known.state !== 'pending' &&
    known.contentHash !== null &&
    known.version === source.version &&
    (titlesFromContent || known.title === source.title)
  );
}

/** Hash of everything about a document that is not its content. */
export function metaHash(source: Omit<SourceDocument, 'body'>): string {
  const { partition, parents, url, author, container, times, access, metadata } = source;
  const labels = JSON.stringify([
    partition,
    parents,
    url,
    author,
    container,
    times.createdAt?.getTime() ?? null,
    times.updatedAt?.getTime() ?? null,
    access.mode,
    access.principals,
    Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
  return hash('sha256', labels, 'base64url');
}

/** Whether a change of labels touches the words arm, which contains name, author and date. */
export function isReworded(known: KnownDocument, source: Omit<SourceDocument, 'body'>): boolean {
  const date = source.times.createdAt ?? source.times.updatedAt;
  const before = known.sourceCreatedAt ?? known.sourceUpdatedAt;
  const isRenamed = known.externalId !== source.externalId;
  return isRenamed || known.author !== source.author || day(date) !== day(before);
}

function day(date: Date | null): string | undefined {
  return date?.toISOString().slice(0, 10);
}
