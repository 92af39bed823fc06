import { openEveryCredential } from '../../credentials/open-every-credential.js';
import type { KeyRing } from '../../credentials/key-ring.js';
import type { BackgroundDatabase } from '../../database/background-database.js';
import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-codes.js';

/**
 * What this ring cannot read, a server with it could not either.
 * @returns how many credential fields there are
 * @throws CliError `credentials_unreadable`, naming the connections
 */
export async function checkCredentials(
  source: BackgroundDatabase,
  ring: KeyRing | null,
): Promise<number> {
  const { fields, unreadable } = await openEveryCredential(source, ring);
  if (unreadable.length === 0) return fields;
  throw new CliError(
    'credentials_unreadable',
    `the key ring does not open the credentials of: ${unreadable.join(', ')}`,
    EXIT.conflict,
    'Bring back the key file or set TRIBUTARY_ENCRYPTION_KEYS; or give these connections new ' +
      'credentials, or delete them, before you move.',
  );
}
