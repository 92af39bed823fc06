import type { Config } from '../../config/config.js';
import type { EncryptionAnswer } from '../../credentials/encryption.schema.js';
import { readKeyFile } from '../../credentials/key-file.js';
import { parseKeyRing, type KeyRing } from '../../credentials/key-ring.js';
import { ApiError } from '../cli-error.js';
import type { TributaryApi } from '../http/tributary-api.js';
import { plural } from '../output/quantities.js';
import { attempt, describeFailure, fail, ok, skip, warn, type Check } from './check.js';

const NAME = 'encryption keys';
const IN_USE = 'keys in use';

/** Whether the key ring can be read, and the key file by its owner only. */
export function checkKeyRing(config: Config): Promise<Check> {
  return attempt(NAME, async () => {
    const configured = configuredRing(config);
    const file = config.databaseUrl ? null : await readKeyFile(config.dataDir);
    const ring = configured ?? file;
    if (ring) {
      const place = configured ? 'TRIBUTARY_ENCRYPTION_KEYS' : 'key file';
      return ok(NAME, `${plural(ring.ids.length, 'key')} (${place}), active: ${ring.active.id}`);
    }
    return config.databaseUrl
      ? skip(NAME, 'none set: only connectors without credentials can be connected')
      : skip(NAME, 'made when the first credential is stored');
  });
}

/** @param used ids of the keys that something in the database is encrypted with */
export function checkUsedKeys(used: readonly string[], config: Config): Promise<Check> {
  return attempt(IN_USE, () => {
    const ring = configuredRing(config);
    const missing = used.filter((id) => !ring?.has(id));
    return Promise.resolve(missing.length > 0 ? missingKeys(missing) : inUse(used));
  });
}

/** The same where only a running server can look. */
export async function checkEncryption(api: TributaryApi): Promise<Check[]> {
  try {
    return [judgeEncryption(await api.encryption('local-encryption'))];
  } catch (error) {
    // Another key than that of this machine was given, which may not know.
    if (error instanceof ApiError && error.code === 'forbidden') return [];
    return [fail(IN_USE, describeFailure(error))];
  }
}

export function judgeEncryption({ keys, remaining, unreadable }: EncryptionAnswer): Check {
  const missing = keys.filter(({ in_ring: inRing }) => !inRing).map(({ id }) => id);
  if (missing.length > 0) return missingKeys(missing);
  if (unreadable > 0) {
    const fields = plural(unreadable, 'credential');
    return warn(IN_USE, `${fields} cannot be read; give those connections new ones`);
  }
  if (remaining > 0) {
    return warn(IN_USE, `${remaining} still under an older key; see "tributary keys rotate"`);
  }
  return inUse(keys.filter((key) => key.data_keys + key.credentials > 0).map(({ id }) => id));
}

function configuredRing({ encryptionKeys }: Config): KeyRing | null {
  return encryptionKeys ? parseKeyRing(encryptionKeys.reveal(), 'TRIBUTARY_ENCRYPTION_KEYS') : null;
}

function inUse(used: readonly string[]): Check {
  return used.length > 0 ? ok(IN_USE, used.join(', ')) : skip(IN_USE, 'no credentials are stored');
}

function missingKeys(ids: readonly string[]): Check {
  return fail(IN_USE, `missing from the key ring: ${ids.join(', ')}; add them again`);
}
