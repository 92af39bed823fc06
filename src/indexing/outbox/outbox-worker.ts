import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { CLOCK, type Clock } from '../../common/clock.js';
import { CONFIG, type Config } from '../../config/config.js';
import { QDRANT, type QdrantParts } from '../qdrant/qdrant-parts.js';
import { IndexHealth } from './index-health.js';
import { LEFT_BY_WORKERS_SECONDS } from './outbox.repository.js';

/** Batches under way at a time: while Qdrant works on one, the next is read. */
const LANES = 2;
const IDLE_MS = 200;
const REBUILD_STEP_MS = 500;
const LOST_LOOK_MS = 5000;
/** Between two looks of an API process for what the workers have left. */
const LEFT_LOOK_MS = 5000;
const LONGEST_PAUSE_MS = 10_000;
/** One space that fails is not to hold up the rebuilds of others. */
const LONGEST_REBUILD_PAUSE_MS = 1000;

interface Attempt {
  /** Milliseconds before the work is to be done again. */
  readonly pause: number;
  /** Whether Qdrant was asked for something, so that its answer tells how it is. */
  readonly asked: boolean | 'maybe';
}

/**
 * Applies marks in every process of an installation with Qdrant: claims keep them out of each
 * other's way, and what one leaves behind another takes up.
 */
@Injectable()
export class OutboxWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Outbox');
  private readonly stop = new AbortController();
  private loops: Promise<void>[] = [];

  constructor(
    @Inject(QDRANT) private readonly qdrant: QdrantParts | null,
    private readonly health: IndexHealth,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Config, 'role'>,
  ) {}

  onApplicationBootstrap(): void {
    const { qdrant } = this;
    if (!qdrant) return;
    // Making 500 points would hold its searches up.
    const leavesMarks = this.config.role === 'api';
    const leftFor = leavesMarks ? LEFT_BY_WORKERS_SECONDS : 0;
    const idle = leavesMarks ? LEFT_LOOK_MS : IDLE_MS;
    const apply = async (): Promise<Attempt> => {
      const asked = (await qdrant.applier.applySome({ leftFor })) > 0;
      return { pause: asked ? 0 : idle, asked };
    };
    const rebuild = async (): Promise<Attempt> => {
      await qdrant.rebuild.step();
      // Mostly there is none to carry on.
      return { pause: REBUILD_STEP_MS, asked: 'maybe' };
    };
    const lookForLost = async (): Promise<Attempt> => {
      await qdrant.rebuild.findLost();
      return { pause: LOST_LOOK_MS, asked: true };
    };
    const appliers = Array.from({ length: LANES }, () => this.loop('apply', apply));
    this.loops = [
      ...appliers,
      this.loop('rebuild', rebuild, LONGEST_REBUILD_PAUSE_MS),
      this.loop('look', lookForLost),
    ];
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stop.abort();
    await Promise.all(this.loops);
  }

  /** @param name under which its attempts count; loops that do the same share one */
  private async loop(
    name: string,
    work: () => Promise<Attempt>,
    longestPause = LONGEST_PAUSE_MS,
  ): Promise<void> {
    const { signal } = this.stop;
    let failures = 0;
    while (!signal.aborted) {
      let pause: number;
      try {
        const attempt = await work();
        pause = attempt.pause;
        if (attempt.asked) failures = 0;
        if (attempt.asked === true) this.health.answered(name);
        else this.health.idle(name);
      } catch (error) {
        failures += 1;
        pause = Math.min(longestPause, 250 * 2 ** failures);
        // The rows tell of marks that are refused or wait, not of an outage: that is in the health.
        if (!signal.aborted && !this.health.failed(name, error) && failures === 1)
          this.logger.error(error);
      }
      await this.clock.sleep(pause, signal).catch(() => undefined);
    }
  }
}
