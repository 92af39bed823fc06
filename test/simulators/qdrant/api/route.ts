import type { z } from 'zod';
import type { UsageRules } from '../engine/usage-rules.js';
import type { Store } from '../engine/store.js';
import { parsedBody } from './parsed-body.js';
import type { ParameterName } from './query-parameters.js';

export interface Call {
  readonly store: Store;
  /** Segments of the path by their name in the template. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly rules: UsageRules;
}

/** One operation of the OpenAPI document; `run` gives the answer's `result`. */
export interface Route {
  readonly operation: string;
  readonly method: string;
  readonly template: string;
  readonly parameters: readonly ParameterName[];
  readonly writes: boolean;
  readonly run: (call: Call, body: unknown) => unknown;
}

type Spec = Pick<Route, 'operation' | 'template'> & Partial<Pick<Route, 'parameters' | 'writes'>>;

export function route(method: string, spec: Spec, run: (call: Call) => unknown): Route {
  return { parameters: [], writes: false, method, ...spec, run };
}

export function routeWithBody<T>(
  method: string,
  spec: Spec & { body: z.ZodType<T> },
  run: (call: Call, body: T) => unknown,
): Route {
  const { body: schema, ...rest } = spec;
  return {
    parameters: [],
    writes: false,
    method,
    ...rest,
    run: (call, body) => run(call, parsedBody(schema, body)),
  };
}

/** @returns the segments by name; null = another path */
export function matchTemplate(template: string, path: string): Record<string, string> | null {
  const wanted = template.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return null;
  const found: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    const value = given[i]!;
    if (!part.startsWith('{')) {
      if (part !== value) return null;
    } else {
      if (value === '') return null;
      found[part.slice(1, -1)] = decodeURIComponent(value);
    }
  }
  return found;
}
