import type { AuditAction } from '../auth/audit-actions.js';

/** What an operator did to a database with a command, where no server runs that would note it. */
export interface OperatorsAct {
  readonly action: AuditAction;
  /** Path or address of what was acted on. */
  readonly target: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Leaves its entry in the audit log of the database that results, of no one tenant. */
export async function noteOperatorsAct(
  session: { query(sql: string, values: unknown[]): Promise<unknown> },
  { action, target, details }: OperatorsAct,
): Promise<void> {
  await session.query(
    `insert into audit_log (id, actor, action, target, details, created_at)
     values (gen_random_uuid(), 'operator', $1, $2, $3, now())`,
    [action, target, JSON.stringify(details)],
  );
}
