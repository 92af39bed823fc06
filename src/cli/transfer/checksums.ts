import type { EntityManager } from 'typeorm';
import type { TransferTable } from './table-catalog.js';

export interface Checksum {
  readonly rows: number;
  /** Sum over the rows of 60 bits of each one's MD5, so that their order does not matter. */
  readonly sum: string;
}

/**
 * Settings of the transaction under which every value has one text form, on every server
 * (https://www.postgresql.org/docs/current/runtime-config-client.html).
 */
export async function setTextForms(tx: EntityManager): Promise<void> {
  await tx.query(
    `select set_config(name, value, true) from (values ('timezone', 'UTC'), ('datestyle', 'ISO'),
       ('intervalstyle', 'postgres'), ('bytea_output', 'hex'), ('extra_float_digits', '1'))
       as form(name, value)`,
  );
}

export async function checksum(
  tx: EntityManager,
  { name, columns }: TransferTable,
): Promise<Checksum> {
  await setTextForms(tx);
  const [found] = await tx.query<Checksum[]>(
    `select count(*)::int as rows, coalesce(sum(
       ('x' || left(md5(row(${columns.join(', ')})::text), 15))::bit(60)::bigint), 0)::text as sum
     from ${name}`,
  );
  return found!;
}
