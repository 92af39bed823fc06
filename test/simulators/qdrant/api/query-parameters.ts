import { RefusedRequest } from './parsed-body.js';

const READERS = {
  wait: /^(true|false)$/,
  ordering: /^(weak|medium|strong)$/,
  timeout: /^[1-9]\d*$/,
  consistency: /^(\d+|majority|quorum|all)$/,
} as const;
export type ParameterName = keyof typeof READERS;

/** The server ignores what it does not know; here that is a mistake. @throws RefusedRequest */
export function checkParameters(query: URLSearchParams, allowed: readonly ParameterName[]): void {
  for (const [name, value] of query) {
    const known = allowed.find((parameter) => parameter === name);
    if (known === undefined) {
      throw new RefusedRequest('unknown_parameter', 400, `no query parameter is called ${name}`);
    }
    if (!READERS[known].test(value)) {
      throw new RefusedRequest(
        'wrong_type',
        400,
        `Deserialize error in query parameters: ${name} cannot be ${value}`,
      );
    }
  }
}
