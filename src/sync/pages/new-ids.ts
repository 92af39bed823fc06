import { Injectable } from '@nestjs/common';
import type { DocumentRef } from '../../../connectors/sdk/contract.js';
import { BackgroundDatabase } from '../../database/background-database.js';
import type { KnownDocument } from '../../remember/document-row.js';
import {
  SuppressionsRepository,
  type RemovedDocument,
  type Rename,
  type Suppressed,
} from '../deletions/suppressions.repository.js';
import { LedgerRepository } from '../engine/ledger.repository.js';
import type { SyncRun } from '../engine/sync-run.js';
import type { ReadDocument } from './document-reader.js';

/** What documents with new ids are. */
interface Placed {
  readonly renames: ReadonlyMap<string, KnownDocument>;
  readonly suppressed: Suppressed;
  /** The first of the numbers reserved for new documents. */
  readonly firstSeq: number;
}

/** Tells documents under a new name from new ones. */
@Injectable()
export class NewIds {
  constructor(
    private readonly database: BackgroundDatabase,
    private readonly ledger: LedgerRepository,
    private readonly suppressions: SuppressionsRepository,
  ) {}

  /** What new ids are: documents under a new name, or new ones, for which numbers are reserved. */
  async place(sync: SyncRun, documents: readonly ReadDocument[]): Promise<Placed> {
    const fresh = documents.filter((document) => !document.known);
    if (fresh.length === 0)
      return {
        renames: new Map(),
        suppressed: { documents: new Set(), texts: new Map() },
        firstSeq: 0,
      };
    const named = fresh.filter(
      (document) => sync.connector.followsRenamesByContent && document.text !== '',
    );
    const hashes = named.map((document) => document.contentHash);
    const { tenant, target } = sync;
    const { stored, removed, firstSeq } = await this.database.inTenant(tenant, async (tx) => ({
      stored:
        hashes.length > 0
          ? await this.ledger.withContent(tx, tenant, target.connection, hashes)
          : [],
      removed:
        hashes.length > 0 ? await this.suppressions.withContent(tx, tenant, target, hashes) : [],
      firstSeq: await this.ledger.reserveSeqs(tx, tenant, target.connection, fresh.length),
    }));
    const candidates = stored.filter((document) => !sync.met.has(document.seq));
    const gone = await this.gone(sync, [...candidates, ...removed]);
    const renames = renamed(named, candidates.filter(gone));
    const others = named.filter(({ source }) => !renames.has(source.externalId));
    const moves = [
      ...[...renames].map(([to, { externalId }]) => ({ from: externalId, to })),
      ...removedBefore(others, removed.filter(gone)),
    ];
    return { renames, suppressed: await this.suppressedAfter(sync, moves), firstSeq };
  }

  /** Asks the source, once, which of these it no longer has. */
  private async gone(
    sync: SyncRun,
    candidates: readonly { readonly externalId: string }[],
  ): Promise<(one: { readonly externalId: string }) => boolean> {
    if (candidates.length === 0) return () => false;
    const refs = new Map<string, DocumentRef>(
      candidates.map((one) => [one.externalId, { partition: '', version: null, ...one }]),
    );
    const verdicts = await sync.timed('verify', () =>
      sync.connector.verify(sync.context, [...refs.values()]),
    );
    const ids = new Set(
      verdicts.filter(({ state }) => state === 'gone').map(({ externalId }) => externalId),
    );
    return ({ externalId }) => ids.has(externalId);
  }

  /** What their owner deleted of renamed documents stays deleted; by the new id. */
  private async suppressedAfter(sync: SyncRun, moves: readonly Rename[]): Promise<Suppressed> {
    if (moves.length === 0) return { documents: new Set(), texts: new Map() };
    const { tenant, target } = sync;
    const ids = moves.map(({ to }) => to);
    // In a transaction of its own: right whether or not the page is ever committed.
    return this.database.inTenant(tenant, async (tx) => {
      await this.suppressions.follow(tx, tenant, target, moves);
      return this.suppressions.of(tx, tenant, target, ids);
    });
  }
}

/**
 * A new id with the content of exactly one stored document that its source no longer has is that
 * document under a new name. Each stored document is followed at most once.
 */
function renamed(
  fresh: readonly ReadDocument[],
  gone: readonly KnownDocument[],
): Map<string, KnownDocument> {
  const renames = new Map<string, KnownDocument>();
  for (const document of fresh) {
    const same = gone.filter(({ contentHash }) => contentHash === document.contentHash);
    const rivals = fresh.filter(({ contentHash }) => contentHash === document.contentHash);
    if (same.length === 1 && rivals.length === 1) renames.set(document.source.externalId, same[0]!);
  }
  return renames;
}

/**
 * The other new ids with the content of a document that was removed for good and that its source
 * no longer has: all of them, since any of them may be that document.
 */
function removedBefore(fresh: readonly ReadDocument[], gone: readonly RemovedDocument[]): Rename[] {
  return fresh.flatMap(({ source, contentHash }) => {
    const before = gone.find((removed) => removed.contentHash === contentHash);
    return before ? [{ from: before.externalId, to: source.externalId }] : [];
  });
}
