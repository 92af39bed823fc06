import type { Checkpoint, Page, Partition, SourceDocument } from '../sdk/contract.js';
import type { FilesSource, SelectedFile } from './files-source.js';
import { lookAtFiles } from './look-at-files.js';
import { PageTally } from './page-tally.js';
import { readPosition, type SweepPosition } from './sweep-position.js';
import { Walk } from './walk.js';

/**
 * Lists one partition in pages. It ends complete when every selected folder was read; files that
 * cannot be looked at are failures and do not spoil the proof.
 */
export async function* sweep(
  source: FilesSource,
  { key, expected = null }: Partition,
  checkpoint: Checkpoint | null,
  { pageFiles, signal }: { pageFiles: number; signal: AbortSignal },
): AsyncGenerator<Page> {
  let position = readPosition(checkpoint) ?? { after: null, gaps: [], links: [] };
  let files: SelectedFile[] = [];
  let tally = new PageTally();
  // What was met after the page's last file is met again by a sweep resumed there, so it belongs
  // to the next page.
  let ahead: PageTally | undefined;

  const finishPage = async ({ last }: { last: boolean }): Promise<Page> => {
    signal.throwIfAborted();
    const documents = await lookAtFiles(source, files, tally);
    position = tally.advance(position, files);
    const page = { ...toPage(documents, tally, position, last), expected };
    files = [];
    tally = new PageTally();
    return page;
  };

  for await (const events of new Walk(source, key, position).events()) {
    for (const event of events) {
      signal.throwIfAborted();
      if (event.kind !== 'file') {
        (ahead ??= new PageTally()).note(event);
        continue;
      }
      if (files.length === pageFiles) yield await finishPage({ last: false });
      if (ahead) tally.add(ahead);
      ahead = undefined;
      files.push(event.file);
    }
  }
  if (ahead) tally.add(ahead);
  yield await finishPage({ last: true });
}

function toPage(
  documents: readonly SourceDocument[],
  { failures, skipped }: PageTally,
  position: SweepPosition,
  last: boolean,
): Page {
  const complete = last && position.gaps.length === 0;
  return {
    documents,
    failures,
    tombstones: [],
    skipped,
    checkpoint: position,
    complete,
    ...(last && !complete && { gapReason: position.gaps.join('; ') }),
  };
}
