import type { Decay, Expression, Formula } from '../schemas/query.schema.js';
import { parseDatetime } from '../schemas/filter.schema.js';
import type { StoredPoint } from './collection.js';
import { meets } from './filter.js';
import { valuesAt } from './payload.js';
import { badRequest, wrongInput } from './qdrant-error.js';

type Scores = readonly ReadonlyMap<StoredPoint['id'], number>[];

/** Score of one point. @throws QdrantError for a value that is missing or not a finite number */
export function formulaScore(point: StoredPoint, scores: Scores, formula: Formula): number {
  const value = new Evaluation(point, scores, formula.defaults ?? {}).of(formula.formula);
  return Math.fround(finite(value, 'formula'));
}

class Evaluation {
  constructor(
    private readonly point: StoredPoint,
    private readonly scores: Scores,
    private readonly defaults: Readonly<Record<string, unknown>>,
  ) {}

  of(expression: Expression): number {
    if (typeof expression === 'number') return expression;
    if (typeof expression === 'string') return this.variable(expression);
    if ('mult' in expression) return expression.mult.reduce<number>((p, x) => p * this.of(x), 1);
    if ('sum' in expression) return expression.sum.reduce<number>((s, x) => s + this.of(x), 0);
    if ('neg' in expression) return -this.of(expression.neg);
    if ('abs' in expression) return Math.abs(this.of(expression.abs));
    if ('div' in expression) {
      const { left, right, by_zero_default: fallback } = expression.div;
      const [dividend, divisor] = [this.of(left), this.of(right)];
      if (dividend === 0) return 0;
      return divisor === 0 && fallback != null ? fallback : finite(dividend / divisor, 'div');
    }
    if ('datetime' in expression) return seconds(expression.datetime);
    if ('datetime_key' in expression) return seconds(this.value(expression.datetime_key));
    if ('exp_decay' in expression) return this.decay('exp', expression.exp_decay);
    if ('gauss_decay' in expression) return this.decay('gauss', expression.gauss_decay);
    if ('lin_decay' in expression) return this.decay('lin', expression.lin_decay);
    return meets(this.point, expression) ? 1 : 0;
  }

  /** `$score`, `$score[1]` or the path of a number in the payload. */
  private variable(name: string): number {
    const [, index = '0'] = /^\$score(?:\[(\d+)\])?$/.exec(name) ?? [];
    if (name.startsWith('$score')) {
      const fallback = this.defaults[name];
      const score = this.scores[Number(index)]?.get(this.point.id);
      return score ?? (typeof fallback === 'number' ? fallback : 0);
    }
    const value = this.value(name);
    if (typeof value !== 'number') throw missing(name, 'number');
    return value;
  }

  private value(path: string): unknown {
    const values = valuesAt(this.point.payload, path);
    const found = values.length > 1 ? values : (values[0] ?? this.defaults[path]);
    if (found === undefined) throw missing(path, 'value');
    return found;
  }

  /** At a distance of `scale` from the target the value is `midpoint`. */
  private decay(kind: 'exp' | 'gauss' | 'lin', { x, target, scale, midpoint }: Decay): number {
    const distance = Math.abs(this.of(x) - (target == null ? 0 : this.of(target)));
    const half = midpoint ?? 0.5;
    const share = distance / (scale ?? 1);
    if (kind === 'lin') return Math.max(0, 1 - (1 - half) * share);
    return Math.exp(Math.log(half) * (kind === 'exp' ? share : share * share));
  }
}

function seconds(text: unknown): number {
  const time = typeof text === 'string' ? parseDatetime(text) : null;
  if (time === null) throw badRequest(`${String(text)} is not a datetime`);
  return time / 1000;
}

function finite(value: number, expression: string): number {
  if (Number.isFinite(value)) return value;
  throw wrongInput(`The expression ${expression} produced a non-finite number`);
}

function missing(name: string, type: string): Error {
  return wrongInput(
    `Expected ${type} value for ${name} in the payload and/or in the formula defaults. ` +
      'Error: No value found in a payload nor defaults',
  );
}
