import { inspect } from 'node:util';

const MASK = '[secret]';

/**
 * A value that must not be printed. Every way of turning it into text gives `[secret]`;
 * `reveal()` is the one way to the value and easy to find in review.
 */
export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
