import { createHash } from 'node:crypto';
import { DigestCounts } from './digest-counts.js';

/**
 * How many copies of each text a collection held before an import, counted down as the import
 * comes by them: two equal memories of an export become two, and a repeated import adds none.
 */
export class CopyCounts {
  /** 1 for the hashes of texts that were looked up. */
  private readonly looked = new DigestCounts();
  private readonly left = new DigestCounts();

  /** Those of the texts, by hash, that were not looked up yet. */
  unknown(textHashes: readonly string[]): string[] {
    return [...new Set(textHashes)].filter((hash) => this.looked.get(hash) === 0);
  }

  /** Takes in what was found when these texts were looked up. */
  learn(
    textHashes: readonly string[],
    stored: readonly { text_hash: string; container_tag: string | null; copies: number }[],
  ): void {
    for (const hash of textHashes) this.looked.set(hash, 1);
    for (const { text_hash, container_tag, copies } of stored) {
      this.left.set(key(text_hash, container_tag), copies);
    }
  }

  /** True while the collection has a copy left that this memory is taken for. */
  take(textHash: string, containerTag: string | null | undefined): boolean {
    const at = key(textHash, containerTag ?? null);
    const left = this.left.get(at);
    if (left === 0) return false;
    this.left.set(at, left - 1);
    return true;
  }
}

function key(textHash: string, containerTag: string | null): string {
  if (containerTag === null) return textHash;
  return createHash('sha256').update(textHash).update(containerTag).digest('hex');
}
