import { randomUUID } from 'node:crypto';
import { ManualClock } from '../../../src/common/clock.js';
import type { Database } from '../../../src/database/database.js';
import type { FakeMemory } from '../../../src/indexing/fake.index.js';
import { CandidateFinder } from '../../../src/indexing/pgvector/candidate-finder.js';
import { DensePlan } from '../../../src/indexing/pgvector/dense-plan.js';
import { HnswIndexes } from '../../../src/indexing/pgvector/hnsw-indexes.js';
import { PgVectorRowsRepository } from '../../../src/indexing/pgvector/pgvector-rows.repository.js';
import { PgVectorIndex } from '../../../src/indexing/pgvector/pgvector.index.js';
import { IndexWriter } from '../../../src/indexing/rows/index-writer.js';
import { LengthRewrite } from '../../../src/indexing/rows/length-rewrite.js';
import { QueryStatistics } from '../../../src/indexing/statistics/query-statistics.js';
import { StatsFolder } from '../../../src/indexing/statistics/stats-folder.js';
import { TermStatisticsRepository } from '../../../src/indexing/statistics/term-statistics.repository.js';
import type { IndexHarness } from '../../../src/indexing/index-harness.contract.js';
import type { SpaceRef, VectorIndex } from '../../../src/indexing/vector-index.js';

/** The parts of the pgvector implementation, wired as the module wires them. */
export function pgvectorParts(database: Database, clock = new ManualClock()) {
  const rows = new PgVectorRowsRepository();
  const statistics = new TermStatisticsRepository();
  const folder = new StatsFolder(database, statistics, clock);
  const hnsw = new HnswIndexes(database, clock);
  const densePlan = new DensePlan(database, hnsw, clock);
  const finder = new CandidateFinder(database, densePlan);
  const writer = new IndexWriter(rows, statistics, folder);
  const queries = new QueryStatistics(statistics);
  const index = new PgVectorIndex(database, rows, writer, queries, finder, hnsw);
  const lengths = new LengthRewrite(database, statistics, rows, index, clock);
  return { clock, rows, statistics, folder, hnsw, lengths, densePlan, finder, index };
}

/** A tenant with a space, and rows for the index to refer to. */
export class IndexTables {
  private constructor(
    private readonly database: Database,
    readonly tenant: string,
    readonly space: SpaceRef,
  ) {}

  static async create(database: Database, dimensions = 3): Promise<IndexTables> {
    const tenant = randomUUID();
    const space = await database.asSystem(async (tx) => {
      await tx.query(`insert into tenants (id, name) values ($1, 'test')`, [tenant]);
      const [row] = await tx.query(
        `insert into embedding_spaces (model, dimensions) values ($1, $2) returning id`,
        [`test:${tenant}`, dimensions],
      );
      return { id: row.id as number, dimensions };
    });
    return new IndexTables(database, tenant, space);
  }

  async addSpace(): Promise<SpaceRef> {
    const { dimensions } = this.space;
    const [row] = await this.database.asSystem((tx) =>
      tx.query<{ id: number }[]>(
        `insert into embedding_spaces (model, dimensions) values ($1, $2) returning id`,
        [`test:${randomUUID()}`, dimensions],
      ),
    );
    return { id: row!.id, dimensions };
  }

  /** What the contract needs beside the index itself. */
  harness(index: VectorIndex, settle: () => Promise<void>): IndexHarness {
    return {
      index,
      settle,
      tenant: this.tenant,
      space: this.space,
      transaction: (work) => this.database.inTenant(this.tenant, work),
      addSpace: () => this.addSpace(),
      addCollection: () => this.addCollection(),
      addRow: (collection, labels) => this.addRow(collection, labels),
    };
  }

  async addCollection(): Promise<string> {
    const id = randomUUID();
    await this.database.inTenant(this.tenant, (tx) =>
      tx.query(`insert into collections (id, tenant_id, name, space_id) values ($1, $2, $3, $4)`, [
        id,
        this.tenant,
        `c-${id}`,
        this.space.id,
      ]),
    );
    return id;
  }

  async addRow(collection: string, labels: Partial<FakeMemory> = {}): Promise<string> {
    const id = randomUUID();
    const { time = new Date(), visible = true, metadata = {} } = labels;
    await this.database.inTenant(this.tenant, (tx) =>
      tx.query(
        `insert into memories (id, tenant_id, collection_id, text, text_hash, container_tag,
           category, source, author, container, created_at, visible, metadata)
         values ($1, $2, $3, 'text', 'hash', $4, $5, $6, $7, $8, $9, $10, $11)`,
        [
          id,
          this.tenant,
          collection,
          labels.containerTag ?? null,
          labels.category ?? 'other',
          labels.source ?? 'api',
          labels.author ?? null,
          labels.container ?? null,
          time,
          visible,
          JSON.stringify(metadata),
        ],
      ),
    );
    return id;
  }

  /** Many rows with one statement. */
  async addRows(collection: string, count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, () => randomUUID());
    await this.database.inTenant(this.tenant, (tx) =>
      tx.query(
        `insert into memories (id, tenant_id, collection_id, text, text_hash)
         select id, $2, $3, 'text', 'hash' from unnest($1::uuid[]) as id`,
        [ids, this.tenant, collection],
      ),
    );
    return ids;
  }
}
