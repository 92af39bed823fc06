import { AppError } from '../common/errors/app-error.js';
import type { BackgroundDatabase } from '../database/background-database.js';
import { opener } from './credential-vault.js';
import { CredentialsRepository } from './credentials.repository.js';
import { notConfigured } from './key-rings.js';
import type { KeyRing } from './key-ring.js';

interface Owner {
  tenant: string;
  connection: string;
  name: string;
}

export interface OpenedCredentials {
  /** How many fields are stored. */
  readonly fields: number;
  /** Names of the connections whose credentials this ring does not open, with the code of why. */
  readonly unreadable: string[];
}

/** Opens every stored credential with a ring that another installation is to have. */
export async function openEveryCredential(
  database: BackgroundDatabase,
  ring: KeyRing | null,
): Promise<OpenedCredentials> {
  const repository = new CredentialsRepository();
  const owners = await database.asSystem((tx) =>
    tx.query<Owner[]>(
      `select c.tenant_id as tenant, c.id as connection, c.name from connections c
       where exists (select from credentials s where s.connection_id = c.id) order by c.name`,
    ),
  );
  let fields = 0;
  const unreadable: string[] = [];
  for (const { tenant, connection, name } of owners) {
    const [keys, rows] = await database.asSystem(async (tx) => [
      await repository.dataKeys(tx, tenant),
      await repository.find(tx, tenant, connection),
    ]);
    fields += rows.length;
    try {
      if (!ring) throw notConfigured();
      const open = opener(keys, ring, tenant, connection);
      for (const row of rows) open(row);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      unreadable.push(`${name} (${error.code})`);
    }
  }
  return { fields, unreadable };
}
