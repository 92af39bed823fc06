import { excerpt, openingHeadings } from '../commands/search-hit.js';
import type { SearchHit } from '../../search/search.schema.js';
import type { Style } from '../output/style.js';
import { renderFields } from '../output/table.js';
import { oneLine, truncate } from '../output/text-width.js';

const INDENT = ' '.repeat(8);
const WIDTH_OF_NO_TERMINAL = 100;

export interface DemoSearch {
  query: string;
  hits: SearchHit[];
  ms: number;
}

/** The question, then its hits by file and heading, the first with an excerpt. */
export function searchLines(
  { query, hits, ms }: DemoSearch,
  { width, style }: { width: number; style: Style },
): string[] {
  const cells = Number.isFinite(width) ? width : WIDTH_OF_NO_TERMINAL;
  const room = Math.max(30, cells - INDENT.length);
  const time = style.dim(`${Math.round(ms)} ms`);
  const head = `${style.accent('?')} ${style.bold(truncate(query, room - 8))}  ${time}`;
  if (hits.length === 0) return [head, `${INDENT}nothing found`];
  const found = hits.flatMap((hit, i) => {
    const line = `  ${style.good(hit.score.toFixed(2))}  ${truncate(placeOf(hit), room)}`;
    if (i > 0) return [line];
    return [line, ...excerpt(hit, query, room).map((text) => INDENT + style.dim(text))];
  });
  return [head, ...found];
}

/** `guides/cli.md › Exit codes`, or `#engineering › Which queue do we take?`. */
function placeOf({ text, metadata, title }: SearchHit): string {
  const container = metadata['container'];
  if (metadata['provider'] !== 'files' && typeof container === 'string')
    return oneLine(`${container} › ${title ?? ''}`);
  const file = metadata['external_id'] ?? metadata['title'];
  const heading = openingHeadings(text).at(-1);
  const name = typeof file === 'string' ? file : 'memory';
  return oneLine(heading === undefined ? name : `${name} › ${heading}`);
}

/** How to go on: the API, its key, and a request that works as it stands. */
export function invitationLines(
  demo: {
    url: string;
    api_key: string;
    log: string;
    connection: { collection: string };
    searches: readonly DemoSearch[];
  },
  style: Style,
): string[] {
  const { url, api_key: key, connection, searches } = demo;
  const query = searches[0]?.query ?? 'hello';
  const body = JSON.stringify({ query, limit: 3 });
  return [
    ...renderFields(
      [
        ['API', url],
        ['API docs', `${url}/docs`],
        ['API key', key],
        ['collection', connection.collection],
        ['log', demo.log],
      ],
      style,
    ),
    '',
    style.dim('Try next:'),
    `curl -s ${url}/v1/memory/search -H 'Authorization: Bearer ${key}' \\`,
    `  -H 'Content-Type: application/json' -d ${shellQuoted(body)}`,
  ];
}

/** One argument of a POSIX shell, whatever is in it. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
