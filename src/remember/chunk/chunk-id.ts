import { uuidV5 } from '../../common/ids.js';

/**
 * The id of a chunk's memory: the same document (a UUID), content hash and position among equal
 * chunks always give the same id, so writing it again changes nothing.
 */
export function chunkId(documentId: string, contentHash: string, equalOrdinal: number): string {
  return uuidV5(documentId, `${contentHash}:${equalOrdinal}`);
}
