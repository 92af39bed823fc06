import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import { IDS, type Ids } from '../common/ids.js';
import { CONFIG, type Config } from '../config/config.js';
import { Database } from '../database/database.js';
import { readKeyFile, writeKeyFile } from './key-file.js';
import { KeyRing, newRingKey, parseKeyRing, type RingKey } from './key-ring.js';

const VARIABLE = 'TRIBUTARY_ENCRYPTION_KEYS';

/**
 * The key ring of this process: TRIBUTARY_ENCRYPTION_KEYS and, in embedded mode, the key file of
 * the data directory, which is made when the first credential is to be stored. With both, the
 * variable's first key is the active one and the file's keys still open what they sealed.
 */
@Injectable()
export class KeyRings {
  private readonly configured: KeyRing | null;
  private file: KeyRing | null = null;
  /** Changes of the file come one after another. */
  private changes: Promise<unknown> = Promise.resolve();

  /** @throws AppError `encryption_keys_invalid`, which ends the start */
  constructor(
    private readonly database: Database,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(IDS) private readonly ids: Ids,
  ) {
    const text = config.encryptionKeys?.reveal();
    this.configured = text === undefined ? null : parseKeyRing(text, VARIABLE);
  }

  get source(): 'environment' | 'file' {
    return this.configured || this.database.mode === 'server' ? 'environment' : 'file';
  }

  /** Null where no key was configured or made yet. @throws AppError of `readKeyFile` */
  async current(): Promise<KeyRing | null> {
    if (this.database.mode === 'embedded') this.file ??= await readKeyFile(this.config.dataDir);
    return this.configured ? this.configured.with(this.file) : this.file;
  }

  /**
   * The ring, for storing something: embedded mode makes its first key here. Not to be called in
   * a transaction, since it writes a file.
   * @throws AppError `encryption_not_configured`, and those of `readKeyFile`
   */
  async require(): Promise<KeyRing> {
    const ring = await this.current();
    if (ring) return ring;
    if (this.source === 'environment') throw notConfigured();
    return this.inOrder(async () => this.file ?? this.lead(new KeyRing([this.newKey()])));
  }

  /** Puts a new active key into the key file; the others stay, for what they sealed. */
  addToFile(): Promise<KeyRing> {
    return this.inOrder(async () => {
      const before = await this.current();
      const key = this.newKey();
      return this.lead(before ? before.ledBy(key) : new KeyRing([key]));
    });
  }

  private async lead(ring: KeyRing): Promise<KeyRing> {
    await writeKeyFile(this.config.dataDir, ring);
    this.file = ring;
    return ring;
  }

  /** The date is for people; the rest keeps two keys of one day apart. */
  private newKey(): RingKey {
    const date = this.clock.now().toISOString().slice(0, 10);
    return newRingKey(`${date}-${this.ids.next().slice(0, 8)}`);
  }

  private inOrder<T>(change: () => Promise<T>): Promise<T> {
    const next = this.changes.then(change);
    this.changes = next.catch(() => undefined);
    return next;
  }
}

export function notConfigured(): AppError {
  return new AppError(
    'encryption_not_configured',
    `This connector needs credentials, and the server has no key to encrypt them with: set ${VARIABLE}.`,
  );
}
