import type { BatchSizes } from '../database/database.js';
import type { DocumentRow } from './document-row.js';
import { slicesByCost } from './slices.js';

/** A stored document whose description changed. */
export interface RelabelledDocument {
  readonly row: DocumentRow;
  /** Author or date changed, which the words arm contains. */
  readonly reworded: boolean;
}

/** What one transaction writes of documents whose descriptions changed. */
export interface LabelPart {
  readonly documents: readonly RelabelledDocument[];
  /** Ordinals of the chunks whose words are written, where their document is reworded. */
  readonly from: number;
  /** Exclusive. null: up to the last one, and with them the labels and the documents' rows. */
  readonly to: number | null;
}

/**
 * Cuts documents into transactions. A large one takes several for its words, which nobody is shown;
 * its labels and its row come with the last of them, so a crash in between has it done again.
 */
export function* labelParts(
  documents: readonly RelabelledDocument[],
  { writeBatch, lightBatch }: BatchSizes,
): Generator<LabelPart> {
  const cost = ({ row, reworded }: RelabelledDocument) =>
    reworded ? (row.chunkCount * lightBatch) / writeBatch : row.chunkCount;
  for (const part of slicesByCost(documents, lightBatch, cost)) {
    const chunks = part.length === 1 && part[0]!.reworded ? part[0]!.row.chunkCount : 0;
    let from = 0;
    for (; chunks - from > writeBatch; from += writeBatch)
      yield { documents: part, from, to: from + writeBatch };
    yield { documents: part, from, to: null };
  }
}
