import { filesConnector } from './files/files.connector.js';
import type { Connector } from './sdk/contract.js';

export interface RegistryOptions {
  /** Folders below which the files connector may read, absolute. */
  readonly filesRoots: readonly string[];
}

/** The connectors of this installation, by provider. */
export interface ConnectorRegistry {
  /** undefined: no connector of that name. */
  get(provider: string): Connector | undefined;
  list(): readonly Connector[];
}

export function createRegistry({ filesRoots }: RegistryOptions): ConnectorRegistry {
  return registryOf([filesConnector({ roots: filesRoots })]);
}

/** A registry of exactly these connectors, e.g. with one that reads a simulated source. */
export function registryOf(connectors: readonly Connector[]): ConnectorRegistry {
  const byProvider = new Map(connectors.map((connector) => [connector.provider, connector]));
  return {
    get: (provider) => byProvider.get(provider),
    list: () => [...byProvider.values()],
  };
}
