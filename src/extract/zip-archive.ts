import { Inflate } from 'fflate';
import { ExtractionError } from './extractor.js';
import {
  EXPANSION_RATIO_FLOOR_BYTES,
  MAX_EXPANDED_BYTES,
  MAX_EXPANSION_RATIO,
  MAX_ZIP_ENTRIES,
} from './limits.js';

interface ZipEntry {
  encrypted: boolean;
  method: number;
  packedBytes: number;
  expandedBytes: number;
  headerAt: number;
}

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_RECORD = 0x06054b50;
const ZIP64_END_RECORD = 0x06064b50;
const ZIP64_LOCATOR = 0x07064b50;
const ZIP64_EXTRA = 0x0001;
const SATURATED_16 = 0xffff;
const SATURATED_32 = 0xffffffff;

/** Packed bytes per step of the inflater: Deflate makes at most 1,032 times as much of them. */
const INFLATE_STEP_BYTES = 4096;

/**
 * A zip container that is safe to open: what its central directory claims is checked against the
 * limits first, and no entry ever inflates to more than it claimed. Format: PKWARE APPNOTE 6.3.10.
 */
export class ZipArchive {
  private readonly data: Buffer;
  private readonly entries = new Map<string, ZipEntry>();

  /** @throws ExtractionError `corrupt`, `expansion_limit` */
  constructor(bytes: Uint8Array) {
    this.data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    try {
      this.readDirectory();
    } catch (error) {
      if (error instanceof ExtractionError) throw error;
      throw new ExtractionError('corrupt', 'The zip container is truncated.', { cause: error });
    }
    this.checkExpansion();
  }

  names(): string[] {
    return [...this.entries.keys()];
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }

  /** Unpacked size of an entry in bytes, as the directory claims; `read` never gives more. */
  size(name: string): number {
    return this.entries.get(name)?.expandedBytes ?? 0;
  }

  /**
   * The bytes of an entry, or only its first `maxBytes`.
   * @throws ExtractionError `corrupt`, `encrypted`, `expansion_limit`
   */
  read(name: string, maxBytes = Infinity): Uint8Array {
    const entry = this.entries.get(name);
    if (!entry) throw new ExtractionError('corrupt', `The container lacks ${name}.`);
    if (entry.encrypted) throw new ExtractionError('encrypted');
    const packed = this.packedData(name, entry);
    if (entry.method === 0 && entry.packedBytes !== entry.expandedBytes) {
      throw new ExtractionError('corrupt', `Its part ${name} has two different sizes.`);
    }
    if (entry.method === 0) return packed.subarray(0, Math.min(packed.length, maxBytes));
    if (entry.method !== 8) {
      throw new ExtractionError('corrupt', `Its part ${name} is compressed in an unknown way.`);
    }
    return inflate(name, packed, entry.expandedBytes, maxBytes);
  }

  private packedData(name: string, entry: ZipEntry): Buffer {
    const { data } = this;
    const at = entry.headerAt;
    const isThere = at >= 0 && at + 30 <= data.length && data.readUInt32LE(at) === LOCAL_HEADER;
    // Name and extra field of the local header may differ in length from the directory's.
    const start = isThere ? at + 30 + data.readUInt16LE(at + 26) + data.readUInt16LE(at + 28) : 0;
    const end = start + entry.packedBytes;
    if (!isThere || end > data.length) {
      throw new ExtractionError('corrupt', `Its part ${name} is cut off in the container.`);
    }
    return data.subarray(start, end);
  }

  private readDirectory(): void {
    const { data } = this;
    const end = this.findEndRecord();
    let count = data.readUInt16LE(end + 10);
    let size = data.readUInt32LE(end + 12);
    let offset = data.readUInt32LE(end + 16);
    let directoryEnd = end;
    const locator = end - 20;
    if (locator >= 0 && data.readUInt32LE(locator) === ZIP64_LOCATOR) {
      const record = Number(data.readBigUInt64LE(locator + 8));
      if (data.readUInt32LE(record) === ZIP64_END_RECORD) {
        count = Number(data.readBigUInt64LE(record + 32));
        size = Number(data.readBigUInt64LE(record + 40));
        offset = Number(data.readBigUInt64LE(record + 48));
        directoryEnd = record;
      }
    }
    if (count > MAX_ZIP_ENTRIES) {
      throw new ExtractionError('expansion_limit', `The container has ${count} entries.`);
    }
    // Bytes in front of the container (a self-extracting stub) shift every offset by the same.
    const shift = directoryEnd - size - offset;
    let at = offset + shift;
    for (let i = 0; i < count; i++) at = this.readEntry(at, shift);
  }

  private findEndRecord(): number {
    const { data } = this;
    const lowest = Math.max(0, data.length - 22 - SATURATED_16);
    for (let at = data.length - 22; at >= lowest; at--) {
      if (data.readUInt32LE(at) === END_RECORD) return at;
    }
    throw new ExtractionError('corrupt', 'The zip container is truncated.');
  }

  /** Reads the entry at that place of the central directory and gives the place of the next one. */
  private readEntry(at: number, shift: number): number {
    const { data } = this;
    if (data.readUInt32LE(at) !== CENTRAL_HEADER) {
      throw new ExtractionError('corrupt', 'The directory of the zip container is damaged.');
    }
    const flags = data.readUInt16LE(at + 8);
    const nameEnd = at + 46 + data.readUInt16LE(at + 28);
    const extraEnd = nameEnd + data.readUInt16LE(at + 30);
    const next = extraEnd + data.readUInt16LE(at + 32);
    const sizes = {
      expandedBytes: data.readUInt32LE(at + 24),
      packedBytes: data.readUInt32LE(at + 20),
      headerAt: data.readUInt32LE(at + 42),
    };
    applyZip64(data.subarray(nameEnd, extraEnd), sizes);
    // Some writers use backslashes, though APPNOTE 4.4.17 wants slashes.
    const name = data.toString('utf8', at + 46, nameEnd).replaceAll('\\', '/');
    this.entries.set(name, {
      ...sizes,
      headerAt: sizes.headerAt + shift,
      encrypted: (flags & 1) === 1,
      method: data.readUInt16LE(at + 10),
    });
    return next;
  }

  private checkExpansion(): void {
    let expanded = 0;
    for (const entry of this.entries.values()) expanded += entry.expandedBytes;
    const ratio = expanded / Math.max(1, this.data.length);
    const isBomb = expanded > EXPANSION_RATIO_FLOOR_BYTES && ratio > MAX_EXPANSION_RATIO;
    if (expanded > MAX_EXPANDED_BYTES || isBomb) {
      throw new ExtractionError(
        'expansion_limit',
        `The container unpacks to ${Math.round(expanded / 1e6)} MB, ${Math.round(ratio)} times its size.`,
      );
    }
  }
}

/** Saturated 32-bit fields have their real value in the extra field, in this order (4.5.3). */
function applyZip64(
  extra: Buffer,
  sizes: Pick<ZipEntry, 'expandedBytes' | 'packedBytes' | 'headerAt'>,
): void {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== ZIP64_EXTRA) continue;
    let value = at + 4;
    for (const field of ['expandedBytes', 'packedBytes', 'headerAt'] as const) {
      if (sizes[field] !== SATURATED_32) continue;
      sizes[field] = Number(extra.readBigUInt64LE(value));
      value += 8;
    }
  }
}

/** Inflates in small steps, so that a lying directory is found out before memory is used up. */
function inflate(
  name: string,
  packed: Uint8Array,
  claimedBytes: number,
  maxBytes: number,
): Uint8Array {
  const output = Buffer.allocUnsafe(Math.min(claimedBytes, maxBytes));
  let written = 0;
  const inflater = new Inflate((chunk) => {
    if (written + chunk.length > claimedBytes) {
      throw new ExtractionError(
        'expansion_limit',
        `Its part ${name} unpacks to more than it claims.`,
      );
    }
    const part = chunk.subarray(0, output.length - written);
    output.set(part, written);
    written += part.length;
  });
  try {
    for (let at = 0; at < packed.length; at += INFLATE_STEP_BYTES) {
      const end = at + INFLATE_STEP_BYTES;
      inflater.push(packed.subarray(at, end), end >= packed.length);
      if (written >= maxBytes) break;
    }
  } catch (error) {
    if (error instanceof ExtractionError) throw error;
    throw new ExtractionError('corrupt', `Its part ${name} cannot be unpacked.`, { cause: error });
  }
  if (written < output.length)
    throw new ExtractionError('corrupt', `Its part ${name} is incomplete.`);
  return output;
}
