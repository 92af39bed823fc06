import { createHash } from 'node:crypto';
import { labelsOf } from './point-labels.js';
import { unpackFloats, unpackIntegers } from './packed-numbers.js';
import { DENSE, WORDS, type Point } from './qdrant-store.js';

/** Everything a point is made of, as `PointSourcesRepository` reads it. */
export interface PointSource {
  readonly memory_id: string;
  readonly tenant_id: string;
  readonly collection_id: string;
  readonly embedding: Buffer;
  readonly terms: Buffer | null;
  readonly weights: Buffer | null;
  readonly container_tag: string | null;
  readonly category: string;
  readonly source: string;
  readonly author: string | null;
  readonly container: string | null;
  readonly connection_id: string | null;
  readonly metadata: Record<string, unknown>;
  readonly visible: boolean;
  readonly time: Date;
  readonly expires_at: Date | null;
}

/** What a point carries beside its vectors; every field but the digest is indexed. */
export interface PointPayload extends Record<string, unknown> {
  tenant_id: string;
  collection_id: string;
  labels: string[];
  visible: boolean;
  /** Milliseconds since 1970, as are expiries. */
  time: number;
  expires_at?: number;
  /** Of all of the above and the vectors: tells a point that is out of date. */
  digest: string;
}

/** The point of a memory; its id is the memory's. */
export function toPoint(source: PointSource): Point {
  return {
    id: source.memory_id,
    vector: {
      [DENSE]: Array.from(unpackFloats(source.embedding)),
      [WORDS]: {
        indices: source.terms ? Array.from(unpackIntegers(source.terms)) : [],
        values: source.weights ? Array.from(unpackFloats(source.weights)) : [],
      },
    },
    payload: { ...fieldsOf(source), digest: digestOf(source) },
  };
}

/** 96 bits are enough to tell two states of one memory apart. */
export function digestOf(source: PointSource): string {
  const hash = createHash('sha256').update(JSON.stringify(fieldsOf(source)));
  for (const bytes of [source.embedding, source.terms, source.weights]) hash.update(bytes ?? '');
  return hash.digest('base64url').slice(0, 16);
}

function fieldsOf(source: PointSource): Omit<PointPayload, 'digest'> {
  return {
    tenant_id: source.tenant_id,
    collection_id: source.collection_id,
    labels: labelsOf({
      containerTag: source.container_tag,
      category: source.category,
      source: source.source,
      connectionId: source.connection_id,
      author: source.author,
      container: source.container,
      metadata: source.metadata,
    }).sort(),
    visible: source.visible,
    time: source.time.getTime(),
    ...(source.expires_at ? { expires_at: source.expires_at.getTime() } : {}),
  };
}
