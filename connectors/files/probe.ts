import type { ProbeResult } from '../sdk/contract.js';
import { ConfigError, ConnectorError } from '../sdk/errors.js';
import type { FilesSource } from './files-source.js';
import { listPartitions, readRoot } from './root-listing.js';
import { Walk } from './walk.js';

const CHECKS = ['within_roots', 'path_exists', 'path_readable', 'sample_listing'] as const;
type Check = (typeof CHECKS)[number];

/** A sample is enough to see that the patterns fit; the sync reads the rest. */
const SAMPLE_FILES = 200;

/** Runs the checks in order; those after a failed one are skipped. */
export async function probe(open: () => Promise<FilesSource>): Promise<ProbeResult[]> {
  const passed: Partial<Record<Check, string>> = {};
  try {
    const source = await open();
    passed.within_roots = `${source.root.path} lies within the allowed folders.`;
    passed.path_exists = 'The folder exists.';
    await readRoot(source);
    passed.path_readable = 'The folder can be listed.';
    const files = await sample(source);
    if (files === 0) {
      return report(
        passed,
        'sample_listing',
        'indeterminate',
        'No file of a known type was found.',
      );
    }
    passed.sample_listing =
      files < SAMPLE_FILES ? `${files} files were found.` : `At least ${files} files were found.`;
    return report(passed);
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    const outcome = error instanceof ConfigError ? 'failed' : 'indeterminate';
    const failed = checkOf(error, passed);
    // Only what lies within the roots is looked at, so any later failure means that this passed.
    if (failed !== 'within_roots')
      passed.within_roots ??= 'The path lies within the allowed folders.';
    return report(passed, failed, outcome, error.message);
  }
}

function checkOf(error: ConnectorError, passed: Partial<Record<Check, string>>): Check {
  if (error.code === 'path_not_allowed') return 'within_roots';
  if (error.code === 'folder_missing' || error.code === 'not_a_folder') return 'path_exists';
  return passed.path_readable ? 'sample_listing' : 'path_readable';
}

function report(
  passed: Partial<Record<Check, string>>,
  stopped?: Check,
  outcome: 'failed' | 'indeterminate' = 'failed',
  message = '',
): ProbeResult[] {
  return CHECKS.map((name) => {
    if (name === stopped) return { name, outcome, message };
    const text = passed[name];
    return text === undefined
      ? { name, outcome: 'skipped', message: 'An earlier check did not pass.' }
      : { name, outcome: 'passed', message: text };
  });
}

async function sample(source: FilesSource): Promise<number> {
  let files = 0;
  for await (const { key } of listPartitions(source)) {
    for await (const events of new Walk(source, key, { after: null, links: [] }).events()) {
      files += events.filter(({ kind }) => kind === 'file').length;
      if (files >= SAMPLE_FILES) return SAMPLE_FILES;
    }
  }
  return files;
}
