import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface JudgedText {
  readonly id: string;
  readonly text: string;
}

/** A judged collection in BEIR's layout: corpus.jsonl, queries.jsonl, qrels/test.tsv. */
export interface JudgedSet {
  readonly name: string;
  /** Title, newline, text; without those that have neither (Cranfield has two). */
  readonly documents: readonly JudgedText[];
  /** Those with at least one relevant document. */
  readonly queries: readonly (JudgedText & { readonly relevant: ReadonlySet<string> })[];
}

interface Line {
  readonly _id: string;
  readonly title?: string;
  readonly text: string;
}

/** @throws when the folder is not of that layout */
export function readJudgedSet(folder: string): JudgedSet {
  const relevant = readRelevant(join(folder, 'qrels', 'test.tsv'));
  return {
    name: basename(folder),
    documents: readLines(join(folder, 'corpus.jsonl'))
      .map(({ _id: id, title, text }) => ({ id, text: title ? `${title}\n${text}` : text }))
      .filter(({ text }) => text.trim() !== ''),
    queries: readLines(join(folder, 'queries.jsonl'))
      .filter(({ _id }) => relevant.has(_id))
      .map(({ _id: id, text }) => ({ id, text, relevant: relevant.get(id)! })),
  };
}

/** The sets of the folder that TRIBUTARY_TEST_DATA names; none where it is not set. */
export function defaultFolders(data: string | undefined): string[] {
  if (data === undefined) return [];
  return ['cranfield', 'cacm'].map((name) => join(data, 'judged', name)).filter(existsSync);
}

function readLines(path: string): Line[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** By query; a grade above 0 is relevant. */
function readRelevant(path: string): Map<string, Set<string>> {
  const relevant = new Map<string, Set<string>>();
  for (const line of readFileSync(path, 'utf8').trim().split('\n').slice(1)) {
    const [query, document, grade] = line.split('\t');
    if (!(Number(grade) > 0)) continue;
    const documents = relevant.get(query!) ?? new Set();
    relevant.set(query!, documents.add(document!));
  }
  return relevant;
}
