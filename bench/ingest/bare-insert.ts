import type { EntityManager } from 'typeorm';
import type { Database } from '../../src/database/database.js';
import { runPrepared } from '../../src/database/prepared-statement.js';
import { slices } from '../../src/remember/slices.js';
import {
  intArray,
  sparsevecArray,
  uuidArray,
  vectorArray,
} from '../../src/indexing/binary-arrays.js';
import { fromSparsevec } from '../../src/indexing/terms/sparsevec.js';
import type { BenchDatabase } from './bench-database.js';

interface StoredRow {
  /** Null for memories that were added directly. */
  document: string | null;
  memory: string;
  id: string;
  collection: string;
  space: number;
  embedding: string;
  length: number;
  average: number;
  terms: number[];
  weights: string;
}

/** One transaction's parameters, made before the clock starts. */
interface Batch {
  documents: string;
  memories: string;
  vectors: unknown[];
  words: unknown[];
}

const READ = `
  select row_to_json(d)::text as document, row_to_json(m)::text as memory, m.id,
    m.collection_id as collection, v.space_id as space, v.embedding::text as embedding,
    w.length, w.average_length as average, w.terms, w.weights::text as weights
  from memories m left join documents d on d.id = m.document_id
  join vectors v on v.memory_id = m.id join words w on w.memory_id = m.id
  order by d.seq, m.ordinal, m.id limit 200000`;

/**
 * Inserts the rows that the product has made into an empty database, and nothing else.
 * @param writers batches under way at a time; a document's rows may not be in several then
 */
export async function bareInsert(
  bench: BenchDatabase,
  writers = 1,
): Promise<{ rows: number; seconds: number }> {
  const measured = await bench.openMeasured();
  const rows = await measured.database.asSystem((tx) => tx.query<StoredRow[]>(READ));
  const parents = await measured.database.asSystem((tx) => readParents(tx));
  await measured.database.close();
  const { database } = await bench.openEmpty();
  try {
    await database.asSystem((tx) => writeParents(tx, parents));
    const types = await database.asSystem((tx) => extensionTypes(tx));
    const written = new Set<string>();
    const batches = [...slices(rows, database.writeBatch)].map((batch) =>
      toBatch(batch, types, written),
    );
    const start = performance.now();
    const queue = batches.values();
    await Promise.all(
      Array.from({ length: writers }, async () => {
        for (const batch of queue) await write(database, batch);
      }),
    );
    return { rows: rows.length, seconds: (performance.now() - start) / 1000 };
  } finally {
    await database.close();
  }
}

async function write(database: Database, batch: Batch): Promise<void> {
  await database.asSystem(async (tx) => {
    if (batch.documents !== '[]') {
      await runPrepared(
        tx,
        `insert into documents select * from json_populate_recordset(null::documents, $1::json)`,
        [batch.documents],
      );
    }
    await runPrepared(
      tx,
      `insert into memories select * from json_populate_recordset(null::memories, $1::json)`,
      [batch.memories],
    );
    await runPrepared(
      tx,
      `insert into vectors (space_id, collection_id, memory_id, embedding)
       select * from unnest($1::int[], $2::uuid[], $3::uuid[], $4::vector[])`,
      batch.vectors,
    );
    await runPrepared(
      tx,
      `insert into words (collection_id, memory_id, length, average_length, terms, weights)
       select u.collection_id, u.memory_id, u.length, u.average_length,
         ($5::int[])[u.first : u.last], u.weights
       from unnest($1::uuid[], $2::uuid[], $3::int[], $4::real[], $6::int[], $7::int[],
         $8::sparsevec[]) as u(collection_id, memory_id, length, average_length, first, last, weights)`,
      batch.words,
    );
  });
}

/** @param written documents of earlier batches; those of this one are added */
function toBatch(
  rows: readonly StoredRow[],
  types: { vector: number; sparsevec: number },
  written: Set<string>,
): Batch {
  const documents = new Set(
    rows.map((row) => row.document).filter((row) => row !== null && !written.has(row)),
  ) as Set<string>;
  for (const document of documents) written.add(document);
  const collections = uuidArray(rows.map((row) => row.collection));
  const ids = uuidArray(rows.map((row) => row.id));
  let end = 0;
  const ends = rows.map((row) => (end += row.terms.length));
  return {
    documents: `[${[...documents].join(',')}]`,
    memories: `[${rows.map((row) => row.memory).join(',')}]`,
    vectors: [
      intArray(rows.map((row) => row.space)),
      collections,
      ids,
      vectorArray(
        types.vector,
        rows.map((row) => Float32Array.from(JSON.parse(row.embedding) as number[])),
      ),
    ],
    words: [
      collections,
      ids,
      intArray(rows.map((row) => row.length)),
      rows.map((row) => row.average),
      intArray(...rows.map((row) => row.terms)),
      intArray(rows.map((row, at) => ends[at]! - row.terms.length + 1)),
      intArray(ends),
      sparsevecArray(
        types.sparsevec,
        rows.map((row) => {
          const { ids: terms, weights } = fromSparsevec(row.weights);
          return { terms, weights };
        }),
      ),
    ],
  };
}

const PARENTS = ['tenants', 'embedding_spaces', 'collections', 'connections'] as const;

async function readParents(tx: EntityManager): Promise<Map<string, string>> {
  const parents = new Map<string, string>();
  for (const table of PARENTS) {
    const [row] = await tx.query<{ rows: string | null }[]>(
      `select json_agg(t)::text as rows from ${table} t`,
    );
    parents.set(table, row!.rows ?? '[]');
  }
  return parents;
}

async function writeParents(tx: EntityManager, parents: Map<string, string>): Promise<void> {
  for (const table of PARENTS)
    await tx.query(
      `insert into ${table} overriding system value
       select * from json_populate_recordset(null::${table}, $1::json)`,
      [parents.get(table)],
    );
}

async function extensionTypes(tx: EntityManager): Promise<{ vector: number; sparsevec: number }> {
  const [types] = await tx.query<{ vector: number; sparsevec: number }[]>(
    `select 'vector'::regtype::oid::int as vector, 'sparsevec'::regtype::oid::int as sparsevec`,
  );
  return types!;
}
