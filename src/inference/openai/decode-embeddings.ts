import { z } from 'zod';
import { EndpointFailure } from './endpoint-failure.js';

/** The vectors themselves are checked while they are decoded: zod would visit every number. */
const answerSchema = z.object({
  data: z.array(z.object({ index: z.int().nonnegative().optional(), embedding: z.unknown() })),
});

/**
 * The vectors of an answer of `POST /embeddings`, in the order of the request. Both encodings are
 * read, because some endpoints answer floats where base64 was asked for.
 * @throws EndpointFailure where vectors are missing, doubled or not finite numbers.
 */
export function decodeEmbeddings(answer: unknown, expected: number): Float32Array[] {
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) throw refused('no list of embeddings');
  const { data } = parsed.data;
  if (data.length !== expected) throw refused(`${data.length} vectors for ${expected} texts`);
  const vectors = new Map<number, Float32Array>();
  data.forEach((item, position) => vectors.set(item.index ?? position, decode(item.embedding)));
  return Array.from({ length: expected }, (_, index) => {
    const vector = vectors.get(index);
    if (!vector) throw refused(`no vector for text ${index}`);
    return vector;
  });
}

function decode(embedding: unknown): Float32Array {
  const vector = typeof embedding === 'string' ? fromBase64(embedding) : fromNumbers(embedding);
  if (vector.length === 0) throw refused('an empty vector');
  if (!vector.every(Number.isFinite)) throw refused('a vector with other than finite numbers');
  return vector;
}

/** Base64 of little-endian f32, as OpenAI writes it. */
function fromBase64(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length % 4 !== 0) throw refused('base64 that is not a list of f32');
  return new Float32Array(new Uint8Array(bytes).buffer);
}

function fromNumbers(value: unknown): Float32Array {
  if (!Array.isArray(value)) throw refused('an embedding that is neither base64 nor a list');
  return Float32Array.from(value, (number) => (typeof number === 'number' ? number : NaN));
}

function refused(reason: string): EndpointFailure {
  return new EndpointFailure(`it answered ${reason}`, { isTransient: false });
}
