import type { Embedder } from '../inference/embedder.js';
import { EmbeddingRefused } from '../inference/embedding-refused.js';
import type { DocumentRow } from './document-row.js';
import type { PreparedDocument } from './prepare-document.js';
import type { EmbeddedChunk, EmbeddedDocument } from './write-batches.js';

/** Is told of each document with a text that the embedding endpoint refuses, and why it does. */
export type OnRefused = (document: DocumentRow, reason: string) => void;

/**
 * Embeds the new chunks of some documents together. A document with a text that is refused is left
 * out as a whole, since none is ever stored short.
 * @throws AppError `embedder_unavailable`; the signal's reason when it aborts
 */
export async function embedDocuments(
  embedder: Embedder,
  documents: readonly PreparedDocument[],
  signal: AbortSignal,
  onRefused: OnRefused,
): Promise<EmbeddedDocument[]> {
  const texts = documents.flatMap(({ fresh }) => fresh.map((chunk) => chunk.embeddedText));
  const { vectors, reasons } = await embedOthers(embedder, texts, signal);
  const embedded: EmbeddedDocument[] = [];
  let at = 0;
  for (const document of documents) {
    const fresh: EmbeddedChunk[] = [];
    let reason: string | undefined;
    for (const chunk of document.fresh) {
      const embedding = vectors[at];
      if (embedding) fresh.push({ ...chunk, embedding });
      else reason ??= reasons.get(at);
      at += 1;
    }
    if (reason === undefined) embedded.push({ ...document, fresh });
    else onRefused(document.row, reason);
  }
  return embedded;
}

async function embedOthers(
  embedder: Embedder,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<Pick<EmbeddingRefused, 'vectors' | 'reasons'>> {
  try {
    return { vectors: await embedder.embed(texts, signal), reasons: new Map() };
  } catch (error) {
    if (error instanceof EmbeddingRefused) return error;
    throw error;
  }
}
