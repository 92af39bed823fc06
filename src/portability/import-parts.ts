import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SpoolFile } from '../common/http/spool-file.js';
import { JsonSplitter, type JsonElement, type JsonPart } from './json-splitter.js';

/** Largest element or field; 8 MB is also the most that a memory can have been written with. */
export const MAX_VALUE_BYTES = 8 * 1024 * 1024;

/** Memories that are checked, embedded and stored at a time; other requests run in between. */
const BATCH_ITEMS = 100;
/** A batch ends with the element that brings it here, so that large ones do not add up. */
const BATCH_BYTES = 32 * 1024;

/**
 * The parts of a spooled JSON object, some at a time. An empty body reads as `{}`.
 * @throws AppError `bad_json`; `validation_failed` for what is no object or too large
 */
export async function* partsOf(spool: SpoolFile): AsyncGenerator<JsonPart[]> {
  if (spool.size === 0) return;
  const splitter = new JsonSplitter(MAX_VALUE_BYTES);
  for await (const chunk of spool.read()) yield [...splitter.push(chunk)];
  splitter.end();
}

/** The elements of the first array of that key; what comes after it is not read. */
export async function* elementsOf(spool: SpoolFile, key: string): AsyncGenerator<JsonElement> {
  let begun = false;
  for await (const parts of partsOf(spool)) {
    for (const part of parts) {
      if (part.key === key) begun = true;
      else if (begun) return;
      if (part.key === key && part.kind === 'element') yield part;
    }
  }
}

/** The elements in groups; the event loop has a turn before each. */
export async function* batchesOf(
  elements: AsyncIterable<JsonElement>,
): AsyncGenerator<readonly JsonElement[]> {
  let batch: JsonElement[] = [];
  let bytes = 0;
  for await (const element of elements) {
    batch.push(element);
    bytes += element.bytes;
    if (batch.length < BATCH_ITEMS && bytes < BATCH_BYTES) continue;
    await nextTurn();
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}
