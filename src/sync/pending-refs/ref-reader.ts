import { Injectable } from '@nestjs/common';
import type { ItemFailure, SourceDocument } from '../../../connectors/sdk/contract.js';
import { ConnectorError, ItemError, TransientSourceError } from '../../../connectors/sdk/errors.js';
import { AppError } from '../../common/errors/app-error.js';
import type { SyncRun } from '../engine/sync-run.js';
import type { PendingRef } from './pending-refs.repository.js';

/** So many in a row that the source could not answer mean that it is unwell as a whole. */
const MAX_UNWELL_IN_A_ROW = 3;

/** What asking a source for single documents brought. */
export interface ReadRefs {
  readonly documents: SourceDocument[];
  readonly gone: string[];
  readonly lostAccess: string[];
  readonly failures: ItemFailure[];
  /** Could not be read now, for no fault of their own. */
  readonly postponed: PendingRef[];
  /** Were not asked about, since the source wants a pause or is unwell. */
  readonly left: PendingRef[];
  /** Why there are some left, and which one it refused. */
  stopped?: { readonly by: unknown; readonly at: PendingRef };
}

/** Reads single documents again, one after the other. */
@Injectable()
export class RefReader {
  /**
   * One document that cannot be read stands in no other one's way, and what concerns the whole
   * source (a pause, credentials, an outage) not in the way of those that were read before.
   */
  async read(sync: SyncRun, refs: readonly PendingRef[]): Promise<ReadRefs> {
    const found: ReadRefs = {
      ...{ documents: [], gone: [], lostAccess: [], failures: [], postponed: [], left: [] },
    };
    let unwellInARow = 0;
    for (const [i, ref] of refs.entries()) {
      sync.signal.throwIfAborted();
      try {
        await this.readOne(sync, ref, found);
        unwellInARow = 0;
      } catch (error) {
        sync.signal.throwIfAborted();
        const isUnwell = isUnwellNow(error);
        if (isUnwell) unwellInARow += 1;
        if (isUnwell ? unwellInARow === MAX_UNWELL_IN_A_ROW : isOfSource(error)) {
          found.stopped = { by: error, at: ref };
          // Those before it in the row had no fault of their own either.
          const row = isUnwell ? found.postponed.splice(1 - MAX_UNWELL_IN_A_ROW) : [];
          found.left.push(...row, ...refs.slice(i));
          break;
        }
        if (isUnwell) found.postponed.push(ref);
        else this.fail(ref, error, found);
      }
    }
    return found;
  }

  private async readOne(sync: SyncRun, ref: PendingRef, found: ReadRefs): Promise<void> {
    const { externalId, version } = ref;
    const partition = ref.partition ?? '';
    const answer = await sync.connector.fetch(sync.context, { externalId, partition, version });
    if (!('gone' in answer)) found.documents.push(answer);
    else if (answer.state === 'lost_access') found.lostAccess.push(externalId);
    else found.gone.push(externalId);
  }

  private fail({ externalId, partition }: PendingRef, error: unknown, found: ReadRefs): void {
    const code = error instanceof ItemError ? error.code : 'unexpected';
    const message = error instanceof Error ? error.message : String(error);
    const item = { externalId, title: externalId, url: null, partition: partition ?? '' };
    found.failures.push({ ...item, stage: 'fetch', code, message });
  }
}

function isUnwellNow(error: unknown): boolean {
  return error instanceof TransientSourceError && error.retryAfterSeconds === undefined;
}

function isOfSource(error: unknown): boolean {
  if (error instanceof ItemError) return false;
  return error instanceof ConnectorError || error instanceof AppError;
}
