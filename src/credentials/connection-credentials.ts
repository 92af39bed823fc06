import type { CredentialStore } from '../../connectors/sdk/context.js';
import { AuthError } from '../../connectors/sdk/errors.js';
import { AppError } from '../common/errors/app-error.js';
import type { Secret } from '../common/secret.js';
import type { Database } from '../database/database.js';
import {
  fromValues,
  toValues,
  type CredentialValues,
  type CredentialVault,
} from './credential-vault.js';
import { unreadable } from './envelope.js';
import { secretTexts } from './secret-texts.js';

/** Credentials as a connector gets them, together with what must be kept out of every text. */
export interface KnownCredentials extends CredentialStore<unknown> {
  /** Every secret text that was seen so far, refreshed ones included. */
  secrets(): readonly Secret<string>[];
  /** Whether others were stored since these were read; false for those that never were stored. */
  changedMeanwhile(): Promise<boolean>;
}

/** The shape that a connector demands of its credentials. */
export type ParseCredentials = (
  value: unknown,
) => { success: true; data: unknown } | { success: false };

/** Credentials that a request brought and that are not stored yet. */
export class GivenCredentials implements KnownCredentials {
  readonly #known: Secret<string>[];
  #values: CredentialValues;

  /** @param credentials as the connector's schema gave them out */
  constructor(credentials: unknown) {
    this.#values = toValues(credentials);
    this.#known = secretTexts(credentials);
  }

  /** What is to be stored: with the changes that the connector made while it was asked. */
  get values(): CredentialValues {
    return this.#values;
  }

  get(): Promise<unknown> {
    return Promise.resolve(fromValues(this.#values));
  }

  update(credentials: unknown): Promise<void> {
    this.#values = toValues(credentials);
    this.#known.push(...secretTexts(credentials));
    return Promise.resolve();
  }

  secrets(): readonly Secret<string>[] {
    return this.#known;
  }

  changedMeanwhile(): Promise<boolean> {
    return Promise.resolve(false);
  }
}

interface Loaded {
  readonly version: number;
  readonly values: CredentialValues;
  readonly credentials: unknown;
}

/** The stored credentials of a connection: decrypted when first asked for, then kept in memory. */
export class StoredConnectionCredentials implements KnownCredentials {
  readonly #known: Secret<string>[] = [];
  #loaded: Promise<Loaded> | undefined;

  constructor(
    private readonly database: Database,
    private readonly vault: CredentialVault,
    private readonly tenant: string,
    private readonly connection: string,
    private readonly parse: ParseCredentials,
  ) {}

  /**
   * @throws AuthError `credentials_unreadable`: only new credentials help
   * @throws AppError `encryption_key_missing`, `encryption_not_configured` and those of the key
   *   file: the operator has to do something, and then these work again
   */
  async get(): Promise<unknown> {
    return (await this.read()).credentials;
  }

  /**
   * Stores refreshed credentials if nobody stored others since these were read. Otherwise the
   * stored ones stay, `get` answers those, and what was given is dropped: it was made from a
   * refresh token that another process has replaced, or for an account that was connected anew.
   */
  async update(credentials: unknown): Promise<void> {
    const parsed = this.parse(credentials);
    if (!parsed.success) throw new Error('refreshed credentials do not match the schema');
    this.#known.push(...secretTexts(parsed.data));
    const { version: expected } = await this.read();
    const values = toValues(parsed.data);
    const ring = await this.vault.prepare();
    const version = await this.database.inTenant(this.tenant, (tx) =>
      this.vault.store(tx, this.tenant, this.connection, values, { ring, expected }),
    );
    this.#loaded =
      version === null
        ? undefined
        : Promise.resolve({ version, values, credentials: fromValues(values) });
  }

  secrets(): readonly Secret<string>[] {
    return this.#known;
  }

  async changedMeanwhile(): Promise<boolean> {
    if (!this.#loaded) return false;
    const { version } = await this.#loaded;
    const stored = await this.database.inTenant(this.tenant, (tx) =>
      this.vault.version(tx, this.tenant, this.connection),
    );
    return stored !== version;
  }

  private read(): Promise<Loaded> {
    this.#loaded ??= this.load().catch((error: unknown) => {
      this.#loaded = undefined;
      throw error;
    });
    return this.#loaded;
  }

  private async load(): Promise<Loaded> {
    const ring = await this.vault.ring();
    try {
      const { version, values } = await this.database.inTenant(this.tenant, (tx) =>
        this.vault.load(tx, this.tenant, this.connection, ring),
      );
      const parsed = this.parse(fromValues(values));
      if (!parsed.success) throw unreadable('The stored credentials are not complete.');
      this.#known.push(...secretTexts(parsed.data));
      return { version, values, credentials: parsed.data };
    } catch (error) {
      if (error instanceof AppError && error.code === 'credentials_unreadable')
        throw new AuthError(error.code, error.message, { cause: error });
      throw error;
    }
  }
}
