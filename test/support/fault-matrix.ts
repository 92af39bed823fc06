import type {
  ConformanceHarness,
  ConformanceOptions,
} from '../../connectors/sdk/conformance/harness.contract.js';
import { databases, type TestEngine } from './database-fixtures.js';
import { changeCases } from './fault-matrix/change-cases.js';
import { deletionCases } from './fault-matrix/deletion-cases.js';
import { EngineBench } from './fault-matrix/engine-bench.js';
import { fileCases } from './fault-matrix/file-cases.js';
import { interruptionCases } from './fault-matrix/interruption-cases.js';
import { listingCases } from './fault-matrix/listing-cases.js';
import type { MatrixCases } from './fault-matrix/matrix-cases.js';
import type { SyncedSource } from './fault-matrix/synced-source.js';
import { workerCases } from './fault-matrix/worker-cases.js';
import { postgresqlMissing } from './test-postgresql.js';

/**
 * The fault matrix, for any connector. `makeSource` gives a connector with a source of its own that
 * can be edited and broken (connectors/sdk/conformance/source-editor.ts): a folder, or a simulator
 * on a port of its own, whose address is in the configuration or built into the connector.
 * `pageSize` is that of the lane that lists everything, `listingLane` its name.
 *
 * What the engine must survive with every connector: after each fault, its
 * repair and another sync the index equals the source, and at no time has anything been deleted
 * that the source still has.
 * @param engines one for each spec file shares the work between Jest's workers
 */
export function engineFaultMatrix(
  name: string,
  makeSource: () => Promise<ConformanceHarness>,
  { pageSize, listingLane = 'sweep', supports }: ConformanceOptions,
  engines: readonly TestEngine['name'][] = ['pglite', 'postgresql'],
): void {
  const missing = postgresqlMissing({ pgvector: true });
  if (missing && engines.includes('postgresql'))
    it.skip(`fault matrix of ${name} on PostgreSQL (${missing})`, () => undefined);

  for (const { name: engine, open } of databases().filter(({ name }) => engines.includes(name))) {
    describe(`fault matrix of ${name} on ${engine}`, () => {
      let bench: EngineBench;
      let source: SyncedSource;

      beforeAll(async () => {
        bench = await EngineBench.start(await open());
      });
      afterAll(() => bench.close());
      beforeEach(async () => {
        source = await bench.attach(await makeSource());
      });
      afterEach(() => bench.detach());

      const cases: MatrixCases = {
        pageSize,
        get isExact() {
          return bench.lanes.length === 1;
        },
        isAt: (place, page, partition = place.partition) =>
          place.lane === listingLane && place.page === page && place.partition === partition,
        bench: () => bench,
        source: () => source,
        when: (...edits) => (edits.every((edit) => supports.includes(edit)) ? it : it.skip),
      };
      listingCases(cases);
      changeCases(cases);
      deletionCases(cases);
      fileCases(cases);
      interruptionCases(cases);
      if (engine === 'postgresql') workerCases(cases);
    });
  }
}
