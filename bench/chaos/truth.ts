import { basename } from 'node:path';
import type { EntityManager } from 'typeorm';
import { readConfig } from '../../src/config/config.js';
import { openDatabase } from '../../src/database/open-database.js';
import { digestOf } from '../../src/indexing/qdrant/point.js';
import { PointSourcesRepository } from '../../src/indexing/qdrant/point-sources.repository.js';
import { QdrantStore } from '../../src/indexing/qdrant/qdrant-store.js';
import type { Ledger } from './ledger.js';
import type { SourceFolder } from './source-folder.js';

const PAGE = 500;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Each difference between what must be and what is, in words; none when all is well. */
export async function differences(
  env: Readonly<Record<string, string>>,
  expected: { ledger: Ledger; folder: SourceFolder; connection: string },
): Promise<string[]> {
  const { database } = await openDatabase(readConfig(env));
  try {
    return [
      ...(await database.asSystem((tx) => ofMemories(tx, expected.ledger))),
      ...(await database.asSystem((tx) => ofDocuments(tx, expected))),
      ...(await database.asSystem(ofRows)),
      ...(await database.asSystem((tx) => ofIndex(tx, env))),
    ];
  } finally {
    await database.close();
  }
}

/** Acknowledged writes against rows. */
async function ofMemories(tx: EntityManager, ledger: Ledger): Promise<string[]> {
  const rows = await tx.query<{ id: string; text: string }[]>(
    `select id, text from memories where document_id is null`,
  );
  const stored = new Map(rows.map(({ id, text }) => [id, text]));
  const unsure = ledger.unsure();
  const unsureTexts = ledger.unsureTexts();
  const found: string[] = [];
  for (const [id, text] of ledger.live) {
    const act = unsure.get(id);
    const now = stored.get(id);
    if (now === text || (act && now === act.texts[0])) continue;
    found.push(now === undefined ? `lost: ${id}` : `${id} has another text than acknowledged`);
  }
  for (const [id, text] of stored) {
    if (ledger.live.has(id) || unsureTexts.has(text)) continue;
    found.push(ledger.deleted.has(id) ? `deleted and there: ${id}` : `nobody added: ${id}`);
  }
  return found;
}

interface StoredFile {
  path: string;
  documents: number;
  text: string | null;
}

/** Files against documents. */
async function ofDocuments(
  tx: EntityManager,
  { folder, connection }: { folder: SourceFolder; connection: string },
): Promise<string[]> {
  const rows = await tx.query<StoredFile[]>(
    `select d.external_id as path, count(distinct d.id)::int as documents,
       string_agg(m.text, ' ' order by m.ordinal) as text
     from documents d left join memories m on m.document_id = d.id and m.visible
     where d.connection_id = $1 and d.state = 'live' group by d.external_id`,
    [connection],
  );
  const stored = new Map(rows.map((row) => [basename(row.path), row]));
  const files = new Map([...folder.files].map(([path, text]) => [basename(path), text]));
  const found: string[] = [];
  for (const [name, text] of files) {
    const document = stored.get(name);
    if (!document) found.push(`no document: ${name}`);
    else if (document.documents > 1) found.push(`several documents: ${name}`);
    else if (squeeze(document.text ?? '') !== squeeze(text)) found.push(`another text: ${name}`);
  }
  for (const name of stored.keys()) if (!files.has(name)) found.push(`no file: ${name}`);
  return found;
}

/** Memories against the rows that points are made of: without them no point is missed. */
async function ofRows(tx: EntityManager): Promise<string[]> {
  const found: string[] = [];
  for (const [what, table, where] of [
    ['a vector', 'point_vectors', 't.collection_id = c.id and t.space_id = c.space_id'],
    ['words', 'point_words', 't.collection_id = c.id'],
  ]) {
    const [row] = await tx.query<{ n: number; one: string | null }[]>(
      `select count(*)::int as n, min(m.id::text) as one from memories m
       join collections c on c.id = m.collection_id
       where not exists (select from ${table} t where t.memory_id = m.id and ${where})`,
    );
    if (row!.n > 0) found.push(`${row!.n} memories without ${what}, e.g. ${row!.one}`);
  }
  return found;
}

/** Points against the rows that they are made of, by id and digest; marked ones may differ. */
async function ofIndex(
  tx: EntityManager,
  env: Readonly<Record<string, string>>,
): Promise<string[]> {
  const store = new QdrantStore({ url: env['QDRANT_URL']! });
  const sources = new PointSourcesRepository();
  const spaces = await tx.query<{ id: number }[]>(`select space_id as id from index_versions`);
  const marks = await tx.query<{ id: string }[]>(`select memory_id as id from outbox`);
  const marked = new Set(marks.map(({ id }) => id));
  const found: string[] = [];
  for (const { id: space } of spaces) {
    const alias = `${env['TRIBUTARY_QDRANT_PREFIX']}_space_${space}`;
    const points = await digests(store, alias);
    for (let after = FIRST_ID; ;) {
      const page = await sources.page(tx, space, after, PAGE);
      for (const source of page) {
        const digest = points.get(source.memory_id);
        points.delete(source.memory_id);
        if (marked.has(source.memory_id)) continue;
        if (digest === undefined) found.push(`no point: ${source.memory_id}`);
        else if (digest !== digestOf(source)) found.push(`an old point: ${source.memory_id}`);
      }
      if (page.length < PAGE) break;
      after = page.at(-1)!.memory_id;
    }
    for (const id of points.keys()) if (!marked.has(id)) found.push(`a point without a row: ${id}`);
  }
  return found;
}

async function digests(store: QdrantStore, collection: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (let after: string | undefined; ;) {
    const ids = await store.ids(collection, PAGE, after);
    for (const { id, payload } of await store.retrieve(collection, ids))
      found.set(String(id), String(payload?.['digest']));
    if (ids.length < PAGE) return found;
    after = ids.at(-1);
  }
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
