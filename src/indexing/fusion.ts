/**
 * How much the words count beside the vector. Chosen and measured with the built-in model: see
 * "The fusion rule" in assets/models/static-minilm-256/README.md.
 */
const WORDS_SHARE = 0.25;

/**
 * The score that orders hybrid search. BM25 grows with the number of rare words that match, so it
 * decides long technical queries, and the vector helps with short ones.
 * @param total documents of the searched collections.
 */
export function fuse(cosine: number, bm25: number, total: number): number {
  return bm25 === 0 ? cosine : cosine + (WORDS_SHARE * bm25) / Math.log(1 + Math.max(total, 1));
}
