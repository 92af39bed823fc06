import type { ConnectorRegistry } from '../../connectors/registry.js';

/** Injection token of the connectors of this installation. */
export const CONNECTORS = Symbol('Connectors');

export type { ConnectorRegistry };
