import { parseTimestamp } from '../model/timestamp.js';

export type ParameterType = 'string' | 'integer' | 'boolean' | 'timestamp';

export interface ParameterRule {
  readonly type: ParameterType;
  readonly required?: true;
}

/** What a method takes, by name; `token` is allowed everywhere and checked elsewhere. */
export type ParameterRules = Readonly<Record<string, ParameterRule>>;

const TYPES: Record<ParameterType, (value: unknown) => boolean> = {
  string: (value) => typeof value === 'string',
  integer: (value) => /^\d+$/.test(String(value)),
  boolean: (value) => /^(true|false|1|0)$/.test(String(value)),
  timestamp: (value) => parseTimestamp(String(value)) !== null,
};

export type ParameterFault =
  | {
      readonly kind: 'unknown_parameter' | 'missing_parameter' | 'wrong_type';
      readonly name: string;
    }
  | { readonly kind: 'out_of_range'; readonly name: string };

/** Everything about the given parameters that the rules do not allow. */
export function checkParameters(
  rules: ParameterRules,
  given: Readonly<Record<string, unknown>>,
): ParameterFault[] {
  const faults: ParameterFault[] = [];
  for (const [name, value] of Object.entries(given)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) faults.push({ kind: 'unknown_parameter', name });
    else if (!TYPES[rule.type](value)) faults.push({ kind: 'wrong_type', name });
  }
  for (const [name, rule] of Object.entries(rules)) {
    const value = given[name];
    const missing = value === undefined || value === '' || value === null;
    if (rule.required && missing) faults.push({ kind: 'missing_parameter', name });
  }
  return faults;
}

/** Slack's error for a parameter of the wrong type. */
export function typeError(name: string): string {
  if (name === 'limit' || name === 'cursor') return `invalid_${name}`;
  if (name === 'oldest' || name === 'latest') return `invalid_ts_${name}`;
  return 'invalid_arguments';
}
