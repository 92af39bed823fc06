import type { Citation, SourceDocument } from '../../connectors/sdk/contract.js';
import type { TargetCollection } from './new-memory.js';

/** A document of a source whose content is new or edited, with its text already extracted. */
export interface ChangedDocument {
  readonly id: string;
  /** False when a row of this id is stored already. */
  readonly isNew: boolean;
  readonly seq: number;
  readonly source: Omit<SourceDocument, 'body'>;
  /** As people see it; `source.title` is the listed one. */
  readonly title: string;
  /** Normalised text. */
  readonly text: string;
  readonly kind: 'markdown' | 'messages';
  readonly citations: readonly Citation[];
  readonly contentHash: string;
  readonly metaHash: string;
  /** The title differs from the stored one, so every chunk's vector is made again. */
  readonly retitled: boolean;
  /** Text hashes of this document's chunks that their owner deleted for good. */
  readonly suppressedTexts: ReadonlySet<string>;
}

/** Where a connection's documents go. */
export interface SyncTarget {
  readonly connection: string;
  readonly provider: string;
  readonly account: string;
  readonly collection: TargetCollection;
  readonly containerTag: string | null;
}
