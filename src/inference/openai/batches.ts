import { estimateTokens } from './token-estimate.js';

export interface BatchLimits {
  /** Texts in one request; OpenAI takes 2,048, several compatible servers only 256. */
  maxTexts: number;
  /** Estimated tokens in one request; OpenAI takes 300,000. */
  maxTokens: number;
}

/** A text with its place in the caller's list. */
export interface PlacedText {
  index: number;
  text: string;
}

/** Cuts a list into requests, in order. A text above the token limit is a request of its own. */
export function planBatches(texts: readonly PlacedText[], limits: BatchLimits): PlacedText[][] {
  const batches: PlacedText[][] = [];
  let tokens = 0;
  for (const placed of texts) {
    const own = estimateTokens(placed.text);
    const batch = batches.at(-1);
    if (batch && batch.length < limits.maxTexts && tokens + own <= limits.maxTokens) {
      batch.push(placed);
      tokens += own;
    } else {
      batches.push([placed]);
      tokens = own;
    }
  }
  return batches;
}
