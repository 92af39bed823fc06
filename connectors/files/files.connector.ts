import { basename } from 'node:path';
import type { ConnectorContext } from '../sdk/context.js';
import { type Connector, defineConnector, type Gone, type Verdict } from '../sdk/contract.js';
import { mapConcurrently } from '../sdk/map-concurrently.js';
import { countedPartitions } from './counted-partitions.js';
import { toDocument } from './document.js';
import { isMissing, isRefused, systemCode } from './file-errors.js';
import { type FileSystem, nodeFileSystem } from './file-system.js';
import { FilesConfig, FilesCredentials, MAX_FILE_BYTES } from './files.config.js';
import { type FilesSource, openSource } from './files-source.js';
import { type Located, Locator } from './locate.js';
import { probe } from './probe.js';
import { readBody } from './read-body.js';
import { sweep } from './sweep.js';

export interface FilesConnectorOptions {
  /** Folders below which connections may read (TRIBUTARY_FILES_ROOTS); none: nothing may be. */
  readonly roots: readonly string[];
  readonly fileSystem?: FileSystem;
  /** Files per page. */
  readonly pageFiles?: number;
}

const CONCURRENT_LOOKUPS = 16;

/**
 * Folders of this computer. A document is a file, its id the path below the connection's folder;
 * a partition is a top folder (docs/guides/sync-a-folder.md).
 */
export function filesConnector({
  roots,
  fileSystem = nodeFileSystem,
  pageFiles = 500,
}: FilesConnectorOptions): Connector<FilesConfig, FilesCredentials> {
  const open = (ctx: ConnectorContext<FilesConfig, FilesCredentials>): Promise<FilesSource> =>
    openSource(fileSystem, roots, ctx);

  return defineConnector({
    provider: 'files',
    title: 'Files',
    description: 'A folder of notes, documents, tables and code on the machine of the server.',
    configSchema: FilesConfig,
    credentialsSchema: FilesCredentials,
    lanes: [{ name: 'sweep', kind: 'sweep', checkpointVersion: 2 }],
    limits: { maxBodyBytes: MAX_FILE_BYTES, concurrentReads: 32 },
    followsRenamesByContent: true,
    titlesFromContent: true,

    async account(ctx) {
      const { root } = await open(ctx);
      return { id: root.path, title: basename(root.path) || root.path };
    },

    probe: (ctx) => probe(() => open(ctx)),

    async *partitions(ctx) {
      yield* countedPartitions(await open(ctx), ctx.signal);
    },

    async *pull(ctx, partition, _lane, checkpoint) {
      yield* sweep(await open(ctx), partition, checkpoint, { pageFiles, signal: ctx.signal });
    },

    async verify(ctx, refs) {
      const source = await open(ctx);
      const locator = new Locator(source);
      return mapConcurrently(refs, CONCURRENT_LOOKUPS, async ({ externalId }) => {
        ctx.signal.throwIfAborted();
        const state = await verdictOn(source, await locator.locate(externalId));
        return { externalId, state };
      });
    },

    async fetch(ctx, { externalId }) {
      const source = await open(ctx);
      const located = await new Locator(source).locate(externalId);
      if (located.state !== 'found') return { gone: true, state: located.state } satisfies Gone;
      const { file, stat } = located;
      return toDocument(file, stat, await readBody(source, file, stat));
    },
  });
}

/** A file that is there but may not be opened is out of reach, not gone. */
async function verdictOn(source: FilesSource, located: Located): Promise<Verdict['state']> {
  if (located.state !== 'found') return located.state;
  try {
    await source.fileSystem.access(located.file.path);
    return 'alive';
  } catch (error) {
    const code = systemCode(error);
    if (isMissing(code)) return 'gone';
    if (isRefused(code)) return 'lost_access';
    throw error;
  }
}
