import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../src/common/compiled.js';
import { randomFrom } from './random.js';

const TOKENIZER = join(projectRoot, 'assets/models/static-minilm-256/tokenizer.json');

/** Texts of real words (the model's own vocabulary), whose frequencies fall as in real text (Zipf). */
export class Corpus {
  private readonly words: string[];
  private readonly cumulative: number[];
  private readonly random: () => number;

  constructor(seed = 1) {
    this.random = randomFrom(seed);
    const { model } = JSON.parse(readFileSync(TOKENIZER, 'utf8')) as {
      model: { vocab: Record<string, number> };
    };
    this.words = Object.keys(model.vocab).filter((token) => /^[a-z]{3,}$/.test(token));
    let sum = 0;
    this.cumulative = this.words.map((_, at) => (sum += 1 / (at + 20)));
  }

  /** About `words` words in sentences; each word is one token of the model. */
  text(words: number): string {
    const sentences: string[] = [];
    for (let left = words; left > 0; left -= 12) {
      const sentence = Array.from({ length: Math.min(12, left) }, () => this.word()).join(' ');
      sentences.push(`${sentence[0]!.toUpperCase()}${sentence.slice(1)}.`);
    }
    return sentences.join(' ');
  }

  word(): string {
    const wanted = this.random() * this.cumulative.at(-1)!;
    let low = 0;
    let high = this.cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.cumulative[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return this.words[low]!;
  }
}
