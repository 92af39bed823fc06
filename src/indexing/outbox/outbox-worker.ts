import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { CLOCK, type Clock } from '../../common/clock.js';
import { QDRANT, type QdrantParts } from '../qdrant/qdrant-parts.js';

/** Batches under way at a time: while Qdrant works on one, the next is read. */
const LANES = 2;
const IDLE_MS = 200;
const REBUILD_STEP_MS = 500;
const LOST_LOOK_MS = 5000;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Applies marks in every process of an installation with Qdrant, API or worker: claims keep them
 * out of each other's way, and what one leaves behind another takes up.
 */
@Injectable()
export class OutboxWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Outbox');
  private readonly stop = new AbortController();
  private loops: Promise<void>[] = [];

  constructor(
    @Inject(QDRANT) private readonly qdrant: QdrantParts | null,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    const { qdrant } = this;
    if (!qdrant) return;
    const apply = async (): Promise<number | null> =>
      (await qdrant.applier.applySome()) > 0 ? 0 : null;
    const rebuild = async (): Promise<number> => {
      await qdrant.rebuild.step();
      return REBUILD_STEP_MS;
    };
    const lookForLost = async (): Promise<number> => {
      await qdrant.rebuild.findLost();
      return LOST_LOOK_MS;
    };
    const appliers = Array.from({ length: LANES }, () => apply);
    this.loops = [...appliers, rebuild, lookForLost].map((work) => this.loop(work));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stop.abort();
    await Promise.all(this.loops);
  }

  /**
   * @param work answers the pause, in milliseconds, before it is to be done again; null: there was
   *   nothing to do, which tells nothing about Qdrant
   */
  private async loop(work: () => Promise<number | null>): Promise<void> {
    const { signal } = this.stop;
    let failures = 0;
    while (!signal.aborted) {
      let pause: number;
      try {
        const next = await work();
        pause = next ?? IDLE_MS;
        if (next !== null && failures > 0) this.logger.log('The vector index answers again.');
        if (next !== null) failures = 0;
      } catch (error) {
        failures += 1;
        pause = Math.min(LONGEST_PAUSE_MS, 250 * 2 ** failures);
        // The state itself is in the rows: the outbox, its age and the errors of its marks.
        if (!signal.aborted && failures === 1) this.logger.error(error);
      }
      await this.clock.sleep(pause, signal).catch(() => undefined);
    }
  }
}
