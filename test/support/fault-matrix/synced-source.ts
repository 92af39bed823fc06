import { randomUUID } from 'node:crypto';
import type { ConformanceHarness } from '../../../connectors/sdk/conformance/harness.contract.js';
import type { SourceEditor } from '../../../connectors/sdk/conformance/source-editor.js';
import { normaliseText } from '../../../src/remember/normalise.js';
import type { RunDetailAnswer } from '../../../src/runs/runs.schema.js';
import { RunWakeup } from '../../../src/runs/run-wakeup.js';
import { settledRun } from '../settled-run.js';
import type { EngineBench } from './engine-bench.js';
import { flaws, storedDocuments, type StoredDocument } from './stored-documents.js';

/** A word in every text that the matrix writes, so that one search finds them all. */
export const COMMON_WORD = 'harbour';
/** The most that one search answers. */
const SEARCH_LIMIT = 100;

/** A container of the source: its key as a partition, and the ids of its documents. */
export interface Filled {
  readonly key: string;
  readonly ids: readonly string[];
}

/** A source that is attached to the app of the bench. */
export class SyncedSource {
  private constructor(
    readonly bench: EngineBench,
    readonly editor: SourceEditor,
    readonly connection: string,
    readonly collection: string,
  ) {}

  static async attach(
    bench: EngineBench,
    { connector, config, credentials, editor }: ConformanceHarness,
  ): Promise<SyncedSource> {
    const collection = `matrix ${randomUUID()}`;
    const { provider } = connector;
    const body = { provider, config, credentials, collection, schedule: null };
    const created = await bench.app.request('POST', '/v1/memory/connections', { body });
    if (created.status !== 201) throw new Error(created.text);
    return new SyncedSource(bench, editor, created.body.id as string, collection);
  }

  /** The same source by another connection. */
  as(connection: string): SyncedSource {
    return new SyncedSource(this.bench, this.editor, connection, this.collection);
  }

  /** Makes containers with that many documents each. */
  async fill<Title extends string>(
    counts: Readonly<Record<Title, number>>,
  ): Promise<Record<Title, Filled>> {
    const filled: Partial<Record<Title, Filled>> = {};
    for (const title of Object.keys(counts) as Title[]) {
      const key = await this.editor.createContainer(title);
      const ids: string[] = [];
      for (let n = 0; n < counts[title]; n += 1) {
        const name = `note-${String(n).padStart(4, '0')}`;
        ids.push(await this.editor.put(key, name, textOf(`${title} ${n}`)));
      }
      filled[title] = { key, ids };
    }
    return filled as Record<Title, Filled>;
  }

  /** Asks for a sync; the run's id at once. */
  async ask(body: Record<string, unknown> = {}): Promise<string> {
    const answer = await this.post(`sync?wait=false`, body);
    if (answer.status !== 202) throw new Error(answer.text);
    return answer.body.run_id as string;
  }

  /** Syncs until the run ends or parks; throws when that deletes what the source still has. */
  async sync(body: Record<string, unknown> = {}): Promise<RunDetailAnswer> {
    const before = await this.visible();
    const run = await this.settled(await this.ask(body));
    await this.expectNoFalseDeletion(before);
    return run;
  }

  /** The time of a parked run comes; until it ends or parks again. */
  async goOn(run: { id: string; attempt: number }): Promise<RunDetailAnswer> {
    const before = await this.visible();
    await this.bench.database.asSystem((tx) =>
      tx.query(`update runs set run_at = now() where id = $1 and state = 'waiting'`, [run.id]),
    );
    this.bench.app.nest.get(RunWakeup).notify();
    const next = await this.settled(run.id, run.attempt + 1);
    await this.expectNoFalseDeletion(before);
    return next;
  }

  /** The run once it is neither queued nor running, in this attempt or a later one. */
  settled(id: string, attempt = 1): Promise<RunDetailAnswer> {
    return settledRun(this.bench.app, id, attempt);
  }

  async run(id: string): Promise<RunDetailAnswer> {
    const answer = await this.bench.app.request('GET', `/v1/memory/runs/${id}`);
    if (answer.status !== 200) throw new Error(answer.text);
    return answer.body as RunDetailAnswer;
  }

  post(path: string, body?: Record<string, unknown>) {
    const url = `/v1/memory/connections/${this.connection}/${path}`;
    return this.bench.app.request('POST', url, { body });
  }

  async get(path = '') {
    const url = `/v1/memory/connections/${this.connection}${path}`;
    return (await this.bench.app.request('GET', url)).body;
  }

  stored(): Promise<StoredDocument[]> {
    return storedDocuments(this.bench.database, this.connection);
  }

  /** Chunks of one document by id, in order. */
  async memoriesOf(externalId: string): Promise<readonly string[]> {
    const document = (await this.stored()).find((one) => one.externalId === externalId);
    if (!document) throw new Error(`${externalId} is not stored.`);
    return document.memories;
  }

  /** External ids of what can be found. */
  async visible(): Promise<Set<string>> {
    const found = (await this.stored()).filter(({ visibleText }) => visibleText !== null);
    return new Set(found.map(({ externalId }) => externalId));
  }

  /** How often the source was asked for a content during `work`. */
  async reads(work: () => Promise<unknown>): Promise<number> {
    const before = this.editor.contentReads();
    await work();
    return this.editor.contentReads() - before;
  }

  /** Every text of the source is found, nothing else is, and nothing is stored twice. */
  async expectIndexToEqualSource(): Promise<void> {
    const truth = await this.editor.truth();
    const documents = await this.stored();
    const visible = documents.filter(({ visibleText }) => visibleText !== null);
    expect(placesOf(visible)).toEqual(
      [...truth].map(([id, { partition }]) => `${partition} | ${id}`).sort(),
    );
    for (const { externalId, visibleText, state, chunkCount, memories } of visible) {
      expect(plain(visibleText!)).toContain(plain(truth.get(externalId)!.text));
      expect({ externalId, state, chunkCount }).toEqual({
        externalId,
        state: 'live',
        chunkCount: memories.length,
      });
    }
    const wrong = Object.entries(await flaws(this.bench.database, this.connection));
    expect(wrong.filter(([, count]) => count > 0)).toEqual([]);
    if (truth.size <= SEARCH_LIMIT) expect(await this.searched()).toEqual([...truth.keys()].sort());
  }

  async detach(): Promise<void> {
    const url = `/v1/memory/connections/${this.connection}?purge=true`;
    await this.bench.app.request('DELETE', url);
  }

  /** Documents that a search for the common word answers, each once, whatever its chunks. */
  private async searched(): Promise<string[]> {
    const body = { query: COMMON_WORD, mode: 'text', limit: SEARCH_LIMIT };
    const path = `/v1/memory/collections/${encodeURIComponent(this.collection)}/search`;
    const answer = await this.bench.app.request('POST', path, { body });
    if (answer.status !== 200) throw new Error(answer.text);
    const hits = answer.body as { metadata: { external_id: string } }[];
    return [...new Set(hits.map(({ metadata }) => metadata.external_id))].sort();
  }

  private async expectNoFalseDeletion(before: ReadonlySet<string>): Promise<void> {
    const truth = await this.editor.truth();
    const gone = (await this.stored()).filter(({ state }) => state === 'deleted');
    const wrong = gone.filter(({ externalId }) => before.has(externalId) && truth.has(externalId));
    expect(wrong.map(({ externalId }) => externalId)).toEqual([]);
  }
}

/** A text of one chunk with a word of its own. */
export function textOf(label: string): string {
  return `The ${COMMON_WORD} master wrote this note about ${label}.`;
}

const placesOf = (documents: readonly StoredDocument[]): string[] =>
  documents.map(({ partition, externalId }) => `${partition} | ${externalId}`).sort();

const plain = (text: string): string => normaliseText(text).replace(/\s+/g, ' ');
