import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ConnectorContext } from '../sdk/context.js';
import type { ItemFailure, SourceDocument } from '../sdk/contract.js';
import { FaultyFileSystem } from './faulty-file-system.contract.js';
import { filesConnector } from './files.connector.js';
import { FilesConfig, type FilesCredentials } from './files.config.js';
import { unpacedCalls } from '../sdk/unpaced-calls.js';

type Context = ConnectorContext<FilesConfig, FilesCredentials>;

export interface Listing {
  ids: string[];
  documents: Map<string, SourceDocument>;
  failures: ItemFailure[];
  skipped: Record<string, number>;
  gaps: string[];
  complete: string[];
  /** By partition, as its listing and its pages say. */
  expected: Record<string, (number | null | undefined)[]>;
  pages: number;
}

/** A temporary allowed root with the connection's folder `notes` in it, and a connector to it. */
export class SampleFolder {
  readonly fileSystem = new FaultyFileSystem();
  readonly root = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'tributary-sample-')));
  readonly path = join(this.root, 'notes');
  readonly connector = filesConnector({
    roots: [this.root],
    fileSystem: this.fileSystem,
    pageFiles: 4,
  });

  constructor(files: Record<string, string | Uint8Array> = {}) {
    fs.mkdirSync(this.path);
    for (const [id, text] of Object.entries(files)) this.write(id, text);
  }

  at(id: string): string {
    return join(this.path, id);
  }

  write(id: string, text: string | Uint8Array): void {
    fs.mkdirSync(dirname(this.at(id)), { recursive: true });
    fs.writeFileSync(this.at(id), text);
  }

  context(config: Partial<FilesConfig> = {}): Context {
    const { signal } = new AbortController();
    return {
      config: FilesConfig.parse({ path: this.path, ...config }),
      credentials: { get: () => Promise.resolve({}), update: () => Promise.resolve() },
      logger: { debug: () => {}, info: () => {}, warn: () => {} },
      signal,
      clock: { now: () => new Date(), sleep: () => Promise.resolve() },
      calls: unpacedCalls(() => new Date(), signal),
      interval: null,
      run: null,
      full: false,
      countCall: () => {},
    };
  }

  async list(config: Partial<FilesConfig> = {}): Promise<Listing> {
    const listing: Listing = {
      ids: [],
      documents: new Map(),
      failures: [],
      skipped: {},
      gaps: [],
      complete: [],
      expected: {},
      pages: 0,
    };
    const ctx = this.context(config);
    for await (const partition of this.connector.partitions(ctx)) {
      const expected = [partition.expected];
      listing.expected[partition.key] = expected;
      for await (const page of this.connector.pull(ctx, partition, 'sweep', null)) {
        listing.pages++;
        for (const document of page.documents) {
          listing.ids.push(document.externalId);
          listing.documents.set(document.externalId, document);
        }
        listing.failures.push(...page.failures);
        for (const [reason, count] of Object.entries(page.skipped)) {
          listing.skipped[reason] = (listing.skipped[reason] ?? 0) + count;
        }
        if (page.gapReason !== undefined) listing.gaps.push(page.gapReason);
        if (page.complete) listing.complete.push(partition.key);
        expected.push(page.expected);
      }
    }
    return listing;
  }

  async verdict(externalId: string, config: Partial<FilesConfig> = {}) {
    const ref = { externalId, partition: '.', version: null };
    const verdicts = await this.connector.verify(this.context(config), [ref]);
    return verdicts[0]!.state;
  }

  fetch(externalId: string, config: Partial<FilesConfig> = {}) {
    return this.connector.fetch(this.context(config), {
      externalId,
      partition: '.',
      version: null,
    });
  }

  dispose(): void {
    fs.rmSync(this.root, { recursive: true, force: true });
  }
}
