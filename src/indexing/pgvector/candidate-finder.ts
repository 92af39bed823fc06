import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database } from '../../database/database.js';
import { runPrepared } from '../../database/prepared-statement.js';
import { readAtOnce } from '../../database/read-at-once.js';
import { outsideTheWall } from '../../database/row-level-security.js';
import { leavesOutRows } from '../rows/memory-conditions.js';
import type { IndexQuery } from '../vector-index.js';
import {
  candidateStatement,
  joinFound,
  readCandidates,
  type AskedArms,
  type CandidateRow,
  type FoundCandidate,
  type WordsQuery,
} from './candidate-statement.js';
import { DensePlan, type DenseScan } from './dense-plan.js';
import { applySearchSettings } from './search-settings.js';

/** Below so many documents the shorter arm takes hardly more than what a second connection costs. */
const AT_ONCE_FROM = 10_000;

/** Runs the arms of a query. */
@Injectable()
export class CandidateFinder {
  constructor(
    private readonly database: Database,
    private readonly densePlan: DensePlan,
  ) {}

  /**
   * @param words null for a query without words
   * @param documents of the searched collections
   */
  find(
    tx: EntityManager,
    query: IndexQuery,
    words: WordsQuery | null,
    documents: number,
  ): Promise<FoundCandidate[]> {
    const find = () => this.findBest(tx, query, words, documents);
    const walled = this.database.rowLevelSecurity.state === 'on';
    // Containment in metadata would lose its index behind a policy.
    return walled && query.filter.metadata ? outsideTheWall(tx, find) : find();
  }

  private async findBest(
    tx: EntityManager,
    query: IndexQuery,
    words: WordsQuery | null,
    documents: number,
  ): Promise<FoundCandidate[]> {
    const scan = await this.densePlan.choose(tx, query, documents);
    const atOnce =
      documents >= AT_ONCE_FROM && !leavesOutRows(query) && this.database.canReadBeside;
    const rows =
      atOnce && words && query.embedding
        ? await this.runAtOnce(tx, query, words, scan)
        : await run(tx, query, words, scan);
    if (scan.kind !== 'hnsw' || denseCount(rows) >= query.depth) return rows;
    return run(tx, query, words, { kind: 'collections' });
  }

  /** The dense arm is the longer one as a rule, so the other one is done when it is left to this. */
  private async runAtOnce(
    tx: EntityManager,
    query: IndexQuery,
    words: WordsQuery,
    scan: DenseScan,
  ): Promise<FoundCandidate[]> {
    const [byWords, dense] = await readAtOnce(this.database, query.tenant, tx, {
      first: (own) => run(own, query, words, scan, 'words'),
      second: (any) => run(any, query, words, scan, 'dense'),
      prepare: (other) => applySearchSettings(other, query, this.database.mode),
    });
    return joinFound(dense, byWords);
  }
}

/** How many of them the dense arm has found. */
export function denseCount(rows: readonly FoundCandidate[]): number {
  return rows.filter((row) => row.inDense).length;
}

async function run(
  tx: EntityManager,
  query: IndexQuery,
  words: WordsQuery | null,
  scan: DenseScan,
  asked?: AskedArms,
): Promise<FoundCandidate[]> {
  const { text, values, common } = candidateStatement(query, words, scan, asked);
  const rows = common
    ? await runPrepared<CandidateRow>(tx, text, values)
    : await tx.query<CandidateRow[]>(text, values);
  return readCandidates(rows);
}
