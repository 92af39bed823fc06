import type { WithPayload } from '../schemas/points.schema.js';

export type Payload = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `a.b`, `a[].b`: a list in between is entered only through `[]`, at the end it is one value. */
export function valuesAt(payload: Payload, path: string): unknown[] {
  let values: unknown[] = [payload];
  for (const part of path.split('.')) {
    const [, key = part, each = ''] = /^(.*?)((?:\[\])*)$/.exec(part) ?? [];
    values = values.flatMap((value) =>
      isObject(value) && Object.hasOwn(value, key) ? [value[key]] : [],
    );
    for (let i = 0; i < each.length; i += 2) {
      values = values.flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : []));
    }
  }
  return values;
}

/** What the answer shows; undefined = no payload in it. */
export function selectPayload(payload: Payload, wanted: WithPayload): Payload | undefined {
  if (wanted == null || wanted === false) return undefined;
  if (wanted === true) return payload;
  if (Array.isArray(wanted)) return include(payload, wanted);
  return 'include' in wanted ? include(payload, wanted.include) : without(payload, wanted.exclude);
}

function include(payload: Payload, paths: readonly string[]): Payload {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(payload)) {
    if (paths.includes(key)) {
      kept[key] = value;
      continue;
    }
    const below = paths.filter((path) => path.startsWith(`${key}.`));
    if (below.length === 0 || !isObject(value)) continue;
    kept[key] = include(
      value,
      below.map((path) => path.slice(key.length + 1)),
    );
  }
  return kept;
}

/** Also what `payload/delete` leaves. */
export function without(payload: Payload, paths: readonly string[]): Payload {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(payload)) {
    if (paths.includes(key)) continue;
    const below = paths.filter((path) => path.startsWith(`${key}.`));
    kept[key] =
      below.length > 0 && isObject(value)
        ? without(
            value,
            below.map((path) => path.slice(key.length + 1)),
          )
        : value;
  }
  return kept;
}

/** `payload/set`: top-level keys are replaced, those of the object at `path` if one is given. */
export function merged(payload: Payload, changes: Payload, path?: string | null): Payload {
  if (path == null) return { ...payload, ...changes };
  const [key = '', ...rest] = path.split('.');
  const inner = isObject(payload[key]) ? payload[key] : {};
  return { ...payload, [key]: merged(inner, changes, rest.length > 0 ? rest.join('.') : null) };
}
