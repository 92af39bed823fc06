import { z } from 'zod';
import { AppError } from '../../common/errors/app-error.js';

const BYTES_PER_ELEMENT = { I8: 1, F16: 2, F32: 4, I32: 4, F64: 8, I64: 8 } as const;

type Dtype = keyof typeof BYTES_PER_ELEMENT;

/** One tensor of a safetensors file; `bytes` is a view on the file's buffer, little-endian. */
export interface Tensor {
  dtype: Dtype;
  shape: number[];
  bytes: Uint8Array;
}

/** The limit of the reference reader; a larger length is a sign of another file format. */
const MAX_HEADER_BYTES = 100_000_000;

const tensorSchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});
const headerSchema = z.record(z.string(), z.unknown());

/**
 * Reads a safetensors file: 8 bytes of header length, a JSON header, then the tensors
 * (https://huggingface.co/docs/safetensors#format). Tensors of other types than I8, F16, F32,
 * F64, I32 and I64 are left out.
 * @throws AppError `model_unusable` when the file does not keep the format.
 */
export function readSafetensors(file: Uint8Array): Map<string, Tensor> {
  if (file.length < 8) throw unusable('the file is shorter than its length field');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  if (headerBytes > Math.min(MAX_HEADER_BYTES, file.length - 8)) {
    throw unusable('the header is longer than the file');
  }
  const data = file.subarray(8 + headerBytes);
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of Object.entries(parseHeader(file.subarray(8, 8 + headerBytes)))) {
    if (name === '__metadata__') continue;
    const tensor = readTensor(name, entry, data);
    if (tensor) tensors.set(name, tensor);
  }
  return tensors;
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  try {
    return headerSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    throw unusable('the header is not a JSON object', cause);
  }
}

function readTensor(name: string, entry: unknown, data: Uint8Array): Tensor | undefined {
  const parsed = tensorSchema.safeParse(entry);
  if (!parsed.success) throw unusable(`tensor ${name} is not described`, parsed.error);
  const {
    dtype,
    shape,
    data_offsets: [begin, end],
  } = parsed.data;
  if (begin > end || end > data.length) throw unusable(`tensor ${name} ends outside the file`);
  if (!isDtype(dtype)) return undefined;
  const elements = shape.reduce((product, length) => product * length, 1);
  if (elements * BYTES_PER_ELEMENT[dtype] !== end - begin) {
    throw unusable(`tensor ${name} has ${end - begin} bytes, which its shape contradicts`);
  }
  return { dtype, shape, bytes: data.subarray(begin, end) };
}

function isDtype(dtype: string): dtype is Dtype {
  return Object.hasOwn(BYTES_PER_ELEMENT, dtype);
}

/** The values of an I8 tensor, without a copy. */
export function int8Values(tensor: Tensor): Int8Array {
  const { buffer, byteOffset, byteLength } = tensor.bytes;
  return new Int8Array(buffer, byteOffset, byteLength);
}

/** The values of a floating-point tensor as f32; an aligned F32 tensor is not copied. */
export function float32Values(name: string, tensor: Tensor): Float32Array {
  const { bytes } = tensor;
  switch (tensor.dtype) {
    case 'F32':
      return bytes.byteOffset % 4 === 0
        ? new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
        : new Float32Array(aligned(bytes));
    case 'F64':
      return Float32Array.from(new Float64Array(aligned(bytes)));
    case 'F16':
      return Float32Array.from(new Uint16Array(aligned(bytes)), halfToNumber);
    default:
      throw unusable(`tensor ${name} is ${tensor.dtype}, not floating point`);
  }
}

/** The values of an I32 or I64 tensor; the caller checks their range. */
export function integerValues(name: string, tensor: Tensor): Int32Array {
  switch (tensor.dtype) {
    case 'I32':
      return new Int32Array(aligned(tensor.bytes));
    case 'I64':
      return Int32Array.from(new BigInt64Array(aligned(tensor.bytes)), Number);
    default:
      throw unusable(`tensor ${name} is ${tensor.dtype}, not I32 or I64`);
  }
}

function aligned(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

/** IEEE 754 binary16: 1 sign bit, 5 exponent bits, 10 fraction bits. */
function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function unusable(reason: string, cause?: unknown): AppError {
  return new AppError('model_unusable', `model.safetensors cannot be used: ${reason}`, { cause });
}
