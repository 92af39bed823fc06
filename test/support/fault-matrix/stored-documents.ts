import type { Database } from '../../../src/database/database.js';

/** One document of a connection as the rows have it. */
export interface StoredDocument {
  readonly id: string;
  readonly externalId: string;
  readonly partition: string;
  readonly state: string;
  readonly chunkCount: number;
  /** Ids of its memories, visible or not, in order. */
  readonly memories: readonly string[];
  /** What can be found of it, chunks joined. */
  readonly visibleText: string | null;
}

/** Reads the rows themselves, so that nothing hidden or left over can pass unseen. */
export function storedDocuments(database: Database, connection: string): Promise<StoredDocument[]> {
  return database.asSystem((tx) =>
    tx.query<StoredDocument[]>(
      `select d.id, d.external_id as "externalId", d.partition_key as partition, d.state,
         d.chunk_count as "chunkCount",
         coalesce(array_agg(m.id order by m.ordinal) filter (where m.id is not null), '{}')
           as memories,
         string_agg(m.text, E'\n' order by m.ordinal) filter (where m.visible) as "visibleText"
       from documents d left join memories m on m.document_id = d.id
       where d.connection_id = $1 group by d.id order by d.external_id`,
      [connection],
    ),
  );
}

/** Rows that should not be, by what is wrong with them; all of these are 0 in a sound index. */
export async function flaws(
  database: Database,
  connection: string,
): Promise<Record<string, number>> {
  const [counts] = await database.asSystem((tx) =>
    tx.query<Record<string, number>[]>(
      `with own as (select m.*, d.state from memories m join documents d on d.id = m.document_id
                    where d.connection_id = $1)
       select
         (select count(*)::int from own where visible and state in ('deleted', 'lost_access'))
           as "visible though gone",
         (select count(*)::int from (select 1 from own group by document_id, ordinal
                                     having count(*) > 1) twice) as "two chunks in one place",
         (select count(*)::int from (select 1 from own group by document_id, text_hash
                                     having count(*) > 1) twice) as "chunks stored twice",
         (select count(*)::int from own where not exists
            (select 1 from vectors v where v.memory_id = own.id)) as "without a vector",
         (select count(*)::int from (select 1 from own join vectors v on v.memory_id = own.id
                                     group by own.id having count(*) > 1) twice)
           as "with two vectors",
         (select count(*)::int from own where not exists
            (select 1 from words w where w.memory_id = own.id)) as "without words"`,
      [connection],
    ),
  );
  return counts!;
}
