import { keyFilePath, readKeyFile } from '../../credentials/key-file.js';
import { parseKeyRing, type KeyRing } from '../../credentials/key-ring.js';
import type { Config } from '../../config/config.js';

const VARIABLE = 'TRIBUTARY_ENCRYPTION_KEYS';

export interface CarriedKeys {
  /** Null where nothing was ever encrypted. */
  readonly ring: KeyRing | null;
  /** The shell assignment that gives the server this ring, without the keys themselves. */
  readonly setting: string | null;
}

/**
 * The ring of a data directory (the variable's keys, then the file's), which a server has from its
 * environment alone.
 * @throws AppError `encryption_keys_invalid`, `encryption_key_file_exposed`
 */
export async function carriedKeys({
  dataDir,
  encryptionKeys,
}: Pick<Config, 'dataDir' | 'encryptionKeys'>): Promise<CarriedKeys> {
  const configured = encryptionKeys ? parseKeyRing(encryptionKeys.reveal(), VARIABLE) : null;
  const file = await readKeyFile(dataDir);
  const lines = `paste -sd, ${quoted(keyFilePath(dataDir))}`;
  if (!configured) return { ring: file, setting: file && `${VARIABLE}="$(${lines})"` };
  const added = file?.ids.filter((id) => !configured.has(id)) ?? [];
  const known = file?.ids.filter((id) => configured.has(id)) ?? [];
  const others = known.map((id) => ` -e '^${id.replaceAll('.', '\\.')}:'`).join('');
  const rest =
    others === '' ? lines : `grep -v${others} ${quoted(keyFilePath(dataDir))} | paste -sd,`;
  const more = added.length === 0 ? '' : `,$(${rest})`;
  return { ring: configured.with(file), setting: `${VARIABLE}="$${VARIABLE}${more}"` };
}

/** For a POSIX shell. */
function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}
