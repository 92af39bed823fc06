import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { BenchDatabase } from '../ingest/bench-database.js';
import type { BenchFolder } from '../ingest/folder.js';

/** How the index differs from the folders that were synced; all of it is nothing when it is right. */
export interface IndexTruth {
  documents: number;
  /** Files that are not there, or not with the text they have. */
  missing: string[];
  /** Files that are there twice. */
  duplicates: number;
  /** Memories without a document, a vector or words, and documents that are not live. */
  strays: number;
}

interface StoredFile {
  path: string;
  documents: number;
  text: string | null;
}

/** @param folders by the id of the connection that syncs it */
export async function compareIndex(
  bench: BenchDatabase,
  folders: ReadonlyMap<string, BenchFolder>,
): Promise<IndexTruth> {
  const { database } = await bench.openMeasured();
  const truth: IndexTruth = { documents: 0, missing: [], duplicates: 0, strays: 0 };
  try {
    for (const [connection, folder] of folders) {
      const stored = await database.asSystem((tx) =>
        tx.query<StoredFile[]>(
          `select d.external_id as path, count(distinct d.id)::int as documents,
             string_agg(m.text, ' ' order by m.ordinal) as text
           from documents d left join memories m on m.document_id = d.id and m.visible
           where d.connection_id = $1 and d.state = 'live' group by d.external_id`,
          [connection],
        ),
      );
      const byName = new Map(stored.map((file) => [basename(file.path), file]));
      truth.documents += stored.length;
      truth.duplicates += stored.filter((file) => file.documents > 1).length;
      truth.missing.push(
        ...folder.files.filter((file) => {
          const text = byName.get(basename(file))?.text;
          return !text || squeeze(text) !== squeeze(readFileSync(file, 'utf8'));
        }),
      );
    }
    const [strays] = await database.asSystem((tx) =>
      tx.query<{ n: number }[]>(
        `select (select count(*) from memories m where m.document_id is null
             or not exists (select 1 from vectors v where v.memory_id = m.id)
             or not exists (select 1 from words w where w.memory_id = m.id))::int
           + (select count(*) from documents where state <> 'live')::int as n`,
      ),
    );
    truth.strays = strays!.n;
    return truth;
  } finally {
    await database.close();
  }
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
