import { Option, type Command } from 'commander';
import { usageError } from '../cli-error.js';
import type { CliContext } from '../context.js';
import type { SearchHit } from '../../search/search.schema.js';
import { collect, fraction, wholeNumber } from '../option-parsers.js';
import type { Invoke } from '../program.js';
import { hitLines } from './search-hit.js';

/** Fields of the search body that narrow it; every other name is looked for in the metadata. */
const BODY_FILTERS = new Set([
  'category',
  'container_tag',
  'source',
  'provider',
  'connection_id',
  'author',
  'container',
  'since',
  'until',
]);

interface SearchOptions {
  collection?: string;
  limit: number;
  mode: string;
  minScore?: number;
  filter?: string[];
}

export function registerSearch(program: Command, invoke: Invoke): void {
  program
    .command('search')
    .description('search one collection, or all')
    .argument('<query...>', 'what to look for; several words need no quotes')
    .option('--collection <name>', 'only this collection')
    .option('--limit <n>', 'at most so many results', wholeNumber(1, 100), 5)
    .addOption(
      new Option('--mode <mode>', 'how to search')
        .choices(['hybrid', 'vector', 'text'])
        .default('hybrid'),
    )
    .option('--min-score <score>', 'similarity that vector hits must reach, 0 to 1', fraction)
    .option(
      '--filter <name=value>',
      `${[...BODY_FILTERS].join(', ')}, or a metadata field; name:=json for numbers, ` +
        'true and false (repeatable)',
      collect,
    )
    .action(invoke<[string[]], SearchOptions>(search));
}

async function search(
  context: CliContext,
  [words]: [string[]],
  { collection, limit, mode, minScore, filter = [] }: SearchOptions,
): Promise<void> {
  const query = words.join(' ').trim();
  if (query === '') throw usageError('there is nothing to search for');
  const filters = parseFilters(filter);
  await context.withServer({}, async ({ api }) => {
    const hits = await api.search(collection, {
      query,
      limit,
      mode,
      ...(minScore !== undefined && { min_score: minScore }),
      ...filters,
    });
    context.answer(hits, () => describeHits(hits, query, context));
  });
}

function describeHits(
  hits: readonly SearchHit[],
  query: string,
  { terminal }: CliContext,
): string[] {
  if (hits.length === 0) return ['Nothing found.'];
  const mixed = new Set(hits.map(({ collection }) => collection)).size > 1;
  return hits.flatMap((hit, i) => {
    const lines = hitLines(hit, {
      query,
      width: terminal.width,
      style: terminal.style,
      rank: i + 1,
      showCollection: mixed,
    });
    return i === 0 ? lines : ['', ...lines];
  });
}

/**
 * `category=fact` narrows a field of the memory, `team=docs` its metadata.
 * @throws CliError `usage_error`
 */
export function parseFilters(filters: readonly string[]): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  const metadata: Record<string, unknown> = {};
  for (const filter of filters) {
    const [, name = '', json = '', text = ''] = /^([^=:]+)(:?)=(.*)$/s.exec(filter) ?? [];
    if (name === '') throw usageError(`--filter ${filter} is not name=value`);
    const value = json === '' ? text : parseJson(filter, text);
    if (BODY_FILTERS.has(name)) body[name] = value;
    else metadata[name] = value;
  }
  return Object.keys(metadata).length === 0 ? body : { ...body, metadata_filter: metadata };
}

function parseJson(filter: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw usageError(`--filter ${filter}: ${text} is not JSON`);
  }
}
