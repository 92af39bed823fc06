import type { ConnectorLogger } from '../../connectors/sdk/context.js';
import type { Connector, Page, SourceDocument } from '../../connectors/sdk/contract.js';
import { AuthError, TransientSourceError } from '../../connectors/sdk/errors.js';
import { redact } from '../common/redact.js';
import { storableText } from '../common/storable.js';
import type { KnownCredentials } from '../credentials/connection-credentials.js';
import { redactedError } from './redacted-error.js';
import { redactedFields } from './redacted-fields.js';

/**
 * A connector from which no credential gets out: whatever it throws, reports or logs is stored and
 * shown, so the secrets that it was given are taken out of it here, at the one border, and with
 * them what cannot be stored. A refusal of credentials that were replaced while they were in use is
 * no refusal of the new ones.
 */
export function guardedConnector(connector: Connector, credentials: KnownCredentials): Connector {
  const clean = (text: string): string => storableText(redact(text, credentials.secrets()));

  async function told(error: unknown): Promise<unknown> {
    if (error instanceof AuthError && (await credentials.changedMeanwhile()))
      return new TransientSourceError(
        'credentials_changed',
        'The credentials were changed meanwhile; the run goes on with the new ones.',
      );
    return redactedError(error, clean);
  }

  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw await told(error);
    }
  }

  async function* listed<T>(list: () => AsyncIterable<T>, show: (item: T) => T): AsyncIterable<T> {
    try {
      for await (const item of list()) yield show(item);
    } catch (error) {
      throw await told(error);
    }
  }

  function document(source: SourceDocument): SourceDocument {
    const { body } = source;
    return typeof body === 'function' ? { ...source, body: () => guarded(body) } : source;
  }

  function page(given: Page): Page {
    return {
      ...given,
      documents: given.documents.map(document),
      failures: given.failures.map((failure) => ({
        ...failure,
        title: clean(failure.title),
        url: failure.url && clean(failure.url),
        message: clean(failure.message),
      })),
      ...(given.gapReason !== undefined && { gapReason: clean(given.gapReason) }),
    };
  }

  return {
    ...connector,
    account: (ctx) => guarded(() => connector.account(ctx)),
    probe: (ctx) =>
      guarded(async () => {
        const checks = await connector.probe(ctx);
        return checks.map((check) => ({ ...check, message: clean(check.message) }));
      }),
    partitions: (ctx) =>
      listed(
        () => connector.partitions(ctx),
        (partition) => ({
          ...partition,
          title: storableText(partition.title),
          ...(partition.skipReason !== undefined && { skipReason: clean(partition.skipReason) }),
        }),
      ),
    pull: (...given) => listed(() => connector.pull(...given), page),
    verify: (...given) => guarded(() => connector.verify(...given)),
    fetch: (...given) =>
      guarded(async () => {
        const found = await connector.fetch(...given);
        return 'gone' in found ? found : document(found);
      }),
    ...(connector.plan && { plan: (...given) => guarded(() => connector.plan!(...given)) }),
  };
}

/** A connector's logger that knows what it must not write. */
export function guardedLogger(
  logger: ConnectorLogger,
  credentials: KnownCredentials,
): ConnectorLogger {
  const clean = (text: string): string => redact(text, credentials.secrets());
  const write =
    (level: keyof ConnectorLogger): ConnectorLogger['info'] =>
    (message, fields = {}) =>
      logger[level](clean(message), redactedFields(fields, clean) as Record<string, unknown>);
  return { debug: write('debug'), info: write('info'), warn: write('warn') };
}
