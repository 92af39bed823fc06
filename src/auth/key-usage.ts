import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { CLOCK, type Clock } from '../common/clock.js';
import { Database } from '../database/database.js';
import { ApiKeysRepository } from './api-keys.repository.js';

const MINUTE_MS = 60_000;

/** Collects when keys were used and writes it once a minute, off the path of the requests. */
@Injectable()
export class KeyUsage implements OnModuleDestroy {
  private used = new Map<string, Date>();

  constructor(
    private readonly database: Database,
    private readonly keys: ApiKeysRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  note(keyId: string): void {
    this.used.set(keyId, this.clock.now());
  }

  @Interval(MINUTE_MS)
  async flush(): Promise<void> {
    if (this.used.size === 0) return;
    const used = this.used;
    this.used = new Map();
    try {
      await this.database.asSystem((tx) => this.keys.markUsed(tx, used), {
        priority: 'background',
      });
    } catch (error) {
      // The next round writes them, unless the key was used again meanwhile.
      this.used = new Map([...used, ...this.used]);
      throw error;
    }
  }

  async onModuleDestroy(): Promise<void> {
    await this.flush();
  }
}
