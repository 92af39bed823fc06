import { parentPort, workerData } from 'node:worker_threads';
import { answerCalls } from '../../../connectors/sdk/worker-calls.js';
import { readSafetensors } from './safetensors.js';
import { TextVectors } from './text-vectors.js';
import { TokenTable } from './token-table.js';
import { WordPieceTokenizer } from './wordpiece.js';

/** What the thread gets to start with: the files of a model, the weights in shared memory. */
export interface EmbeddingThreadData {
  readonly tokenizer: string;
  readonly weights: Uint8Array<SharedArrayBuffer>;
}

const { tokenizer, weights } = workerData as EmbeddingThreadData;
const vectors = new TextVectors(
  new WordPieceTokenizer(tokenizer),
  new TokenTable(readSafetensors(weights)),
);

answerCalls<readonly string[], Float32Array<ArrayBuffer>>(parentPort!, (texts) => {
  const result = vectors.ofAll(texts);
  return { result, transfer: [result.buffer] };
});
