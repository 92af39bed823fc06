import { Injectable } from '@nestjs/common';
import type { CreatedRange } from '../../../connectors/sdk/contract.js';
import type { TransientSourceError } from '../../../connectors/sdk/errors.js';
import { BackgroundDatabase } from '../../database/background-database.js';
import { RunQueue } from '../../runs/run-queue.js';
import { FailuresRepository } from '../failures/failures.repository.js';
import type { Attempt } from './attempt.js';
import { CheckpointsRepository } from './checkpoints.repository.js';
import { MAX_UPSTREAM_ATTEMPTS } from './error-policy.js';
import type { LaneLedger } from './lane-ledger.js';
import { MAX_IN_A_ROW } from './listing-trouble.js';
import { coversEverything } from './proven-ranges.js';
import type { RunLedgers } from './run-ledgers.js';
import type { SyncRun } from './sync-run.js';

/** Of a listing behind so many that were given up: then it is the source that is unwell. */
const ATTEMPTS_BEHIND_OTHERS = 2;

/** Settles at the end of a run what its listings and its documents have left open. */
@Injectable()
export class RunClosing {
  constructor(
    private readonly database: BackgroundDatabase,
    private readonly checkpoints: CheckpointsRepository,
    private readonly failures: FailuresRepository,
    private readonly queue: RunQueue,
  ) {}

  /** @throws TransientSourceError when another attempt is to try a listing again */
  async ofListings(sync: SyncRun, attempt: Attempt): Promise<void> {
    await this.settleUnwell(sync, attempt);
    await this.closeUnfinished(sync, attempt);
  }

  /** Failures of documents that are gone end with them; the others are counted, each one once. */
  async ofFailures(
    sync: SyncRun,
    { partitions }: Attempt,
    provenOf: (partition: string) => readonly CreatedRange[],
  ): Promise<void> {
    const since = sync.run.started_at!;
    const { connection } = sync.target;
    const keys = partitions.map(({ key }) => key);
    const whole = keys.filter((key) => coversEverything(provenOf(key)));
    const listed = sync.run.options.partition === undefined ? keys : null;
    sync.counts.failed = await this.database.inTenant(sync.tenant, async (tx) => {
      await this.queue.fence(tx, sync.run);
      await this.failures.resolveUnmet(tx, connection, whole, listed, since);
      return this.failures.countMet(tx, connection, since);
    });
  }

  /**
   * Another attempt tries listings that could not be read again. One that this has led nowhere for
   * long stays incomplete, whatever else got the run ahead meanwhile; the run ends with what the
   * other ones had.
   * @throws TransientSourceError
   */
  async settleUnwell(sync: SyncRun, { ledgers, trouble }: Attempt): Promise<void> {
    if (trouble.unwell.size === 0) return;
    const inVain = await this.database.inTenant(sync.tenant, (tx) =>
      this.queue.attemptsWithoutProgress(tx, sync.run),
    );
    const isOneWell = ledgers.all().some((ledger) => ledger.finished);
    const isHurried = manyGivenUp(ledgers);
    const most = isHurried ? ATTEMPTS_BEHIND_OTHERS : MAX_UPSTREAM_ATTEMPTS;
    const again: TransientSourceError[] = [];
    for (const [ledger, error] of trouble.unwell) {
      const attempts = isHurried ? ledger.failed() : Math.max(ledger.failed(), inVain);
      if (isOneWell && attempts >= most) ledger.giveUp(error.message);
      else again.push(error);
    }
    // Giving one up gets the run ahead: those behind it are tried as well.
    const isAhead = again.length < trouble.unwell.size;
    await this.save(sync, [...trouble.unwell.keys()], isAhead);
    if (again[0]) throw again[0];
  }

  /** Listings that broke, or of partitions that are not listed any more. */
  private async closeUnfinished(sync: SyncRun, { ledgers, trouble }: Attempt): Promise<void> {
    const open = ledgers.all().filter((ledger) => !ledger.finished);
    if (open.length === 0) return;
    for (const ledger of open) {
      const error = trouble.of(ledger);
      if (error) ledger.giveUp(error.message);
      else ledger.ended();
    }
    await this.save(sync, open);
  }

  private async save(
    sync: SyncRun,
    ledgers: readonly LaneLedger[],
    isAhead = false,
  ): Promise<void> {
    const report = isAhead ? sync.report({}, sync.counts.listed) : undefined;
    await this.database.inTenant(sync.tenant, async (tx) => {
      await this.queue.fence(tx, sync.run, report);
      for (const ledger of ledgers)
        await this.checkpoints.saveLane(tx, sync.run.id, ledger.toState());
    });
  }
}

/** Whether so many listings were given up that they alone could end an attempt before others. */
function manyGivenUp(ledgers: RunLedgers): boolean {
  const givenUp = ledgers.all().filter(({ givenUpAfter }) => givenUpAfter >= MAX_UPSTREAM_ATTEMPTS);
  return givenUp.length >= MAX_IN_A_ROW;
}
