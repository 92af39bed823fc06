import { endianness } from 'node:os';

/**
 * Numbers of 32 bits as bytes, little-endian whatever the machine: how `bytea` columns hold the
 * vectors and words that points are made of.
 */
export function packFloats(values: ArrayLike<number>): Buffer {
  return ordered(Buffer.from(Float32Array.from(values).buffer));
}

export function packIntegers(values: ArrayLike<number>): Buffer {
  return ordered(Buffer.from(Int32Array.from(values).buffer));
}

export function unpackFloats(bytes: Buffer): Float32Array {
  return new Float32Array(aligned(bytes));
}

export function unpackIntegers(bytes: Buffer): Int32Array {
  return new Int32Array(aligned(bytes));
}

/** A copy that begins where typed arrays can. */
function aligned(bytes: Buffer): ArrayBuffer {
  const copy = Buffer.from(new Uint8Array(bytes).buffer);
  return ordered(copy).buffer as ArrayBuffer;
}

function ordered(bytes: Buffer): Buffer {
  return endianness() === 'LE' ? bytes : bytes.swap32();
}
