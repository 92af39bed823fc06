import type { OperationSample, Owner } from './operation-samples.js';

/** An operation of the generated OpenAPI document. */
export interface Route {
  id: string;
  method: string;
  path: string;
  access: 'tenant' | 'operator' | 'public';
  parameters: string[];
}

type Params = Record<string, string | undefined>;

/** The path of a call that names what the owner has. */
export function pathOf(route: Route, owner: Owner, sample: OperationSample): string {
  const values = { collection: owner.collection, ...sample.params?.(owner) } as Params;
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    if (values[name] === undefined) throw new Error(`${route.id}: no sample for {${name}}`);
    return encodeURIComponent(values[name]);
  });
  return path + (sample.query ?? '');
}

interface OpenApiOperation {
  operationId: string;
  security?: Record<string, unknown>[];
}

export function routesOf(document: {
  paths: Record<string, Record<string, OpenApiOperation>>;
}): Route[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, security = [] }]) => ({
      id: operationId,
      method: method.toUpperCase(),
      path,
      access: accessOf(security),
      parameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!),
    })),
  );
}

function accessOf(security: Record<string, unknown>[]): Route['access'] {
  if (security.some((scheme) => 'operatorKey' in scheme)) return 'operator';
  return security.length > 0 ? 'tenant' : 'public';
}
