import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { averagePrecisionAt, meanOver, ndcgAt } from '../../../bench/retrieval/measures.js';
import { rarestTerms } from './rarest-terms.js';
import { analyse, idf, queryTerms, weigh, type QueryTerm } from './sparse-encoder.js';

const data = process.env.TRIBUTARY_TEST_DATA;
const judged = data === undefined ? undefined : join(data, 'judged');
const available = judged !== undefined && existsSync(judged);

interface Row {
  readonly _id: string;
  readonly title?: string;
  readonly text: string;
}

const rows = (...path: string[]): Row[] =>
  readFileSync(join(judged!, ...path), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);

/** Exact BM25 over an inverted index in memory, from the same parts that the databases use. */
class MemoryIndex {
  private readonly postings = new Map<number, { document: number; weight: number }[]>();
  private readonly ids: string[];

  constructor(documents: readonly Row[]) {
    this.ids = documents.map((row) => row._id);
    const counted = documents.map((row) => analyse(`${row.title ?? ''}\n${row.text}`));
    const averageLength = counted.reduce((sum, one) => sum + one.length, 0) / counted.length;
    counted.forEach((one, document) => {
      const weights = weigh(one, averageLength);
      one.terms.forEach((id, at) => {
        const list = this.postings.get(id) ?? [];
        list.push({ document, weight: weights[at]! });
        this.postings.set(id, list);
      });
    });
  }

  /** Best 200 ids; `gated`: only documents with one of the rarest terms, without the floor. */
  search(terms: readonly QueryTerm[], gated: boolean): string[] {
    const total = this.ids.length;
    const withDf = terms.map((term) => ({ ...term, df: this.postings.get(term.id)?.length ?? 0 }));
    const gate = new Set(
      (gated ? rarestTerms(withDf, total, 0.05, 0) : withDf).flatMap(({ id }) =>
        (this.postings.get(id) ?? []).map((posting) => posting.document),
      ),
    );
    const scores = new Map<number, number>();
    for (const { id, df, occurrences } of withDf) {
      for (const { document, weight } of this.postings.get(id) ?? []) {
        if (!gate.has(document)) continue;
        const score = weight * idf(total, df) * occurrences;
        scores.set(document, (scores.get(document) ?? 0) + score);
      }
    }
    return [...scores]
      .sort((a, b) => b[1] - a[1] || a[0] - b[0])
      .slice(0, 200)
      .map(([document]) => this.ids[document]!);
  }
}

function evaluate(set: string, gated: boolean): { ndcg: number; map: number } {
  const relevant = new Map<string, Set<string>>();
  const qrels = readFileSync(join(judged!, set, 'qrels', 'test.tsv'), 'utf8')
    .trim()
    .split('\n');
  for (const line of qrels.slice(1)) {
    const [query, document, grade] = line.split('\t');
    if (Number(grade) <= 0) continue;
    relevant.set(query!, (relevant.get(query!) ?? new Set()).add(document!));
  }
  const index = new MemoryIndex(rows(set, 'corpus.jsonl'));
  const runs = rows(set, 'queries.jsonl')
    .filter((query) => relevant.has(query._id))
    .map((query) => ({
      ranking: index.search(queryTerms(query.text), gated),
      relevant: relevant.get(query._id)!,
    }));
  return { ndcg: meanOver(runs, ndcgAt, 10), map: meanOver(runs, averagePrecisionAt, 100) };
}

const title = 'BM25 of the sparse encoder on judged collections';

if (!available) {
  describe.skip(`${title} (skipped: TRIBUTARY_TEST_DATA holds no folder "judged")`, () => {
    it('reproduces the measured figures', () => undefined);
  });
} else {
  describe(title, () => {
    it.each([
      ['cranfield', 0.373, 0.292],
      ['cacm', 0.519, 0.37],
    ])('reproduces nDCG@10 and MAP@100 of %s within 0.01', (set, ndcg, map) => {
      const measured = evaluate(set, false);
      console.log(
        `${set}: nDCG@10 ${measured.ndcg.toFixed(4)}, MAP@100 ${measured.map.toFixed(4)}`,
      );
      expect(Math.abs(measured.ndcg - ndcg)).toBeLessThan(0.01);
      expect(Math.abs(measured.map - map)).toBeLessThan(0.01);
    });

    it.each(['cranfield', 'cacm'])('loses under 1 %% of nDCG@10 of %s to the gate', (set) => {
      expect(evaluate(set, true).ndcg).toBeGreaterThan(0.99 * evaluate(set, false).ndcg);
    });
  });
}
