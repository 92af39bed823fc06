import { Injectable } from '@nestjs/common';
import type { ItemFailure, SourceDocument } from '../../connectors/sdk/contract.js';
import { ConnectorError, ItemError, TransientSourceError } from '../../connectors/sdk/errors.js';
import { AppError } from '../common/errors/app-error.js';
import type { PendingRef } from './pending-refs.repository.js';
import type { SyncRun } from './sync-run.js';

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
}

/** Reads single documents again, one after the other. */
@Injectable()
export class RefReader {
  /**
   * One document that cannot be read stands in no other one's way.
   * @throws what concerns the whole source: pauses, credentials, an outage
   */
  async read(sync: SyncRun, refs: readonly PendingRef[]): Promise<ReadRefs> {
    const found: ReadRefs = {
      ...{ documents: [], gone: [], lostAccess: [], failures: [], postponed: [] },
    };
    let unwellInARow = 0;
    for (const ref of refs) {
      sync.signal.throwIfAborted();
      try {
        await this.readOne(sync, ref, found);
        unwellInARow = 0;
      } catch (error) {
        sync.signal.throwIfAborted();
        const isUnwell =
          error instanceof TransientSourceError && error.retryAfterSeconds === undefined;
        if (!isUnwell) this.fail(ref, error, found);
        else if (++unwellInARow === MAX_UNWELL_IN_A_ROW) throw error;
        else found.postponed.push(ref);
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
    const isOfItem = error instanceof ItemError;
    if (!isOfItem && (error instanceof ConnectorError || error instanceof AppError)) throw error;
    const code = isOfItem ? error.code : 'unexpected';
    const message = error instanceof Error ? error.message : String(error);
    const item = { externalId, title: externalId, url: null, partition: partition ?? '' };
    found.failures.push({ ...item, stage: 'fetch', code, message });
  }
}
