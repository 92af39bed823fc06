import { parentPort, workerData } from 'node:worker_threads';
import { answerCalls } from '../../../connectors/sdk/worker-calls.js';
import { TextVectors } from './text-vectors.js';
import { TokenTable, type TokenRows } from './token-table.js';
import { WordPieceTokenizer, type Vocabulary } from './wordpiece.js';

/** A model that is read already; the rows are in memory that both threads have. */
export interface EmbeddingThreadData {
  readonly vocabulary: Vocabulary;
  readonly rows: TokenRows;
}

const { vocabulary, rows } = workerData as EmbeddingThreadData;
const vectors = new TextVectors(new WordPieceTokenizer(vocabulary), new TokenTable(rows, 1));

answerCalls<readonly string[], Float32Array<ArrayBuffer>>(parentPort!, (texts) => {
  const result = vectors.ofAll(texts);
  return { result, transfer: [result.buffer] };
});
