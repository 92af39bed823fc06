import type { IndexQuery, MemoryFilter } from '../vector-index.js';
import type { Parameters } from './parameters.js';

/** What a search may show, whatever it filters by; `m` is the memory. */
export const VISIBLE = `m.visible and m.is_latest and not m.archived
  and (m.expires_at is null or m.expires_at > now())`;

/** Fields of a document that a synced memory shows in its metadata, as SQL over document `d`. */
const DOCUMENT_FIELDS: Record<string, string> = {
  provider: 'd.provider',
  connection_id: 'd.connection_id',
  document_id: 'd.id',
  external_id: 'd.external_id',
  title: 'd.title',
  url: 'd.url',
  author: 'd.author',
  container: 'd.container',
  source_created_at: isoTime('d.source_created_at'),
  source_updated_at: isoTime('d.source_updated_at'),
};

function isoTime(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/** True where the filter says something about the row itself, beyond its id. */
export function filtersRows(filter: MemoryFilter): boolean {
  return Object.entries(filter).some(
    ([name, value]) => name !== 'excludeIds' && value !== undefined,
  );
}

/** True where a query looks at the rows of its candidates. */
export function leavesOutRows(query: Pick<IndexQuery, 'filter' | 'visibleOnly'>): boolean {
  return query.visibleOnly === true || filtersRows(query.filter);
}

/** The filter as conditions on memory `m`, each to be joined with `and`. */
export function memoryConditions(filter: MemoryFilter, parameters: Parameters): string[] {
  const conditions: string[] = [];
  const equal = (column: string, value: string | undefined): void => {
    if (value !== undefined) conditions.push(`${column} = ${parameters.add(value)}`);
  };
  equal('m.container_tag', filter.containerTag);
  equal('m.category', filter.category);
  equal('m.source', filter.source);
  equal('m.author', filter.author);
  equal('m.container', filter.container);
  if (filter.connectionId !== undefined) {
    conditions.push(`exists (select from documents d where d.id = m.document_id
      and d.connection_id = ${parameters.add(filter.connectionId)})`);
  }
  const time = 'coalesce(m.source_updated_at, m.created_at)';
  if (filter.since) conditions.push(`${time} >= ${parameters.add(filter.since)}`);
  if (filter.until) conditions.push(`${time} <= ${parameters.add(filter.until)}`);
  if (filter.metadata) conditions.push(metadataCondition(filter.metadata, parameters));
  return conditions;
}

/** The metadata that a memory `m` of document `d` shows, null-safe for memories of no document. */
export function shownMetadata(names = Object.keys(DOCUMENT_FIELDS)): string {
  const fields = names.map((name) => `'${name}', ${DOCUMENT_FIELDS[name]}`).join(', ');
  return `case when d.id is null then m.metadata
    else m.metadata || jsonb_build_object(${fields}) end`;
}

function metadataCondition(
  metadata: Readonly<Record<string, unknown>>,
  parameters: Parameters,
): string {
  const wanted = parameters.add(JSON.stringify(metadata));
  const stored = `m.metadata @> ${wanted}::jsonb`;
  const shown = Object.keys(metadata).filter((key) => Object.hasOwn(DOCUMENT_FIELDS, key));
  if (shown.length === 0) return stored;
  return `case when m.document_id is null then ${stored}
    else (select ${shownMetadata(shown)} from documents d
          where d.id = m.document_id) @> ${wanted}::jsonb end`;
}
