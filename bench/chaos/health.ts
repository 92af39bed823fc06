import { OPERATOR_KEY, type Answer, type Member } from './member.js';
import { COLLECTION } from './writer.js';

const ANSWERED_WITHIN_MS = 20_000;

export interface Overview {
  readonly outbox: {
    readonly pending: number;
    readonly oldest_seconds: number | null;
    readonly error: string | null;
  };
  readonly generated_at: string;
}

/** Status and code of `/readyz`; null: the process does not answer. */
export async function readiness(
  member: Member,
): Promise<{ status: number; code: string | null } | null> {
  return member.send('GET', '/readyz', { patienceMs: ANSWERED_WITHIN_MS }).catch(() => null);
}

export function overview(api: Member): Promise<Overview> {
  return api.ask<Overview>('GET', '/v1/memory/admin/overview', { key: OPERATOR_KEY });
}

/** The value of a metric, its series added up, `labels` being part of their names. */
export async function metric(
  member: Member,
  name: string,
  labels = '',
): Promise<number | undefined> {
  const { text } = await member.send('GET', '/metrics', { key: OPERATOR_KEY });
  const values = text
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .filter((line) => line.includes(labels))
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}

export function search(api: Member, query: string): Promise<Answer> {
  return api.send('POST', `/v1/memory/collections/${COLLECTION}/search`, {
    body: { query, limit: 10, min_score: 0 },
    patienceMs: ANSWERED_WITHIN_MS,
  });
}

/** Ids of what a search found. */
export function hits({ body }: Answer): string[] {
  return (body as { id: string }[]).map(({ id }) => id);
}
