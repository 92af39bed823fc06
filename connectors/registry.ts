import { nodeFileSystem } from './files/file-system.js';
import { filesConnector } from './files/files.connector.js';
import { ThreadedFileSystem } from './files/threaded-file-system.js';
import type { Connector } from './sdk/contract.js';
import { slackConnector } from './slack/slack.connector.js';

export interface RegistryOptions {
  /** Folders below which the files connector may read, absolute. */
  readonly filesRoots: readonly string[];
  /** Compiled module of the thread that reads files; none: they are read in this one. */
  readonly filesWorker?: string;
  /** `apiUrl`: where Slack's methods are, with `/api/` at the end; null: at Slack. */
  readonly slack: { readonly apiUrl: string | null };
}

/** The connectors of this installation, by provider. */
export interface ConnectorRegistry {
  /** undefined: no connector of that name. */
  get(provider: string): Connector | undefined;
  list(): readonly Connector[];
}

export function createRegistry({
  filesRoots,
  filesWorker,
  slack,
}: RegistryOptions): ConnectorRegistry {
  const fileSystem = filesWorker ? new ThreadedFileSystem(filesWorker) : nodeFileSystem;
  return registryOf([filesConnector({ roots: filesRoots, fileSystem }), slackConnector(slack)]);
}

/** A registry of exactly these connectors, e.g. with one that reads a simulated source. */
export function registryOf(connectors: readonly Connector[]): ConnectorRegistry {
  const byProvider = new Map(connectors.map((connector) => [connector.provider, connector]));
  return {
    get: (provider) => byProvider.get(provider),
    list: () => [...byProvider.values()],
  };
}
