import { changeCases } from './change.contract.js';
import { deletionCases } from './deletion.contract.js';
import { descriptionCases } from './description.contract.js';
import { faultCases } from './fault.contract.js';
import {
  type Bench,
  benchOf,
  type Cases,
  type ConformanceHarness,
  type ConformanceOptions,
} from './harness.contract.js';
import { listingCases } from './listing.contract.js';
import { refCases } from './ref.contract.js';
import { resumeCases } from './resume.contract.js';

export type { ConformanceHarness, ConformanceOptions } from './harness.contract.js';
export type { OptionalEdit, SourceEditor, TrueDocument } from './source-editor.js';

/**
 * What every connector has to do right, whatever its source: run it from a spec with a harness
 * around the connector and an editable source (docs/guides/write-a-connector.md). It needs no
 * engine, database or network.
 */
export function connectorConformance(
  name: string,
  makeHarness: () => Promise<ConformanceHarness>,
  { pageSize, listingLane = 'sweep', supports }: ConformanceOptions,
): void {
  describe(`connector ${name}`, () => {
    let bench: Bench;
    beforeEach(async () => {
      bench = benchOf(await makeHarness());
    });
    afterEach(() => bench.dispose());

    const cases: Cases = {
      pageSize,
      listingLane,
      bench: () => bench,
      when: (...edits) => (edits.every((edit) => supports.includes(edit)) ? it : it.skip),
    };
    descriptionCases(cases);
    listingCases(cases);
    resumeCases(cases);
    changeCases(cases);
    deletionCases(cases);
    faultCases(cases);
    refCases(cases);
  });
}
