import { createHash } from 'node:crypto';

/** Fields of a memory that searches compare for equality. */
export interface LabelledFields {
  readonly containerTag?: string | null;
  readonly category?: string | null;
  readonly source?: string | null;
  readonly connectionId?: string | null;
  readonly author?: string | null;
  readonly container?: string | null;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** Longer labels are cut to a hash: a keyword index holds each of them whole. */
const MAX_LABEL = 128;

/**
 * What a memory is labelled with, one string per field and value, so that one keyword index
 * answers every equality filter: `category=fact`, `metadata/team/lead="ana"`. A metadata filter
 * means containment (`@>` of jsonb); whatever contains it has all of its labels, but not the other
 * way round, as labels do not tell which elements of an array belong together. Rows decide.
 */
export function labelsOf({ metadata, ...fields }: LabelledFields): string[] {
  const labels = new Set<string>();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== null) labels.add(short(`${name}=${value}`));
  }
  addLabels(labels, 'metadata', metadata ?? {});
  return [...labels];
}

function addLabels(labels: Set<string>, path: string, value: unknown): void {
  if (Array.isArray(value)) {
    for (const element of value) addLabels(labels, path, element);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      addLabels(labels, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, member);
    }
  } else {
    labels.add(short(`${path}=${JSON.stringify(value)}`));
  }
}

function short(label: string): string {
  if (label.length <= MAX_LABEL) return label;
  return `#${createHash('sha256').update(label).digest('base64url')}`;
}
