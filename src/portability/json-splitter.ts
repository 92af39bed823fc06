import { AppError } from '../common/errors/app-error.js';
import { validationFailed } from '../common/http/validation-failed.js';
import { isWhiteSpace, JsonValueEnd } from './json-value-end.js';

/** What a JSON object consists of, in the order of its text. */
export type JsonPart = JsonValue | JsonArray | JsonElement;

/** A field that is no array. */
export interface JsonValue {
  readonly kind: 'value';
  readonly key: string;
  readonly value: unknown;
}

/** The beginning of a field that is an array; its elements follow. */
export interface JsonArray {
  readonly kind: 'array';
  readonly key: string;
}

export interface JsonElement {
  readonly kind: 'element';
  /** Of the array. */
  readonly key: string;
  readonly index: number;
  readonly value: unknown;
  /** Size as sent. */
  readonly bytes: number;
}

type Role = 'key' | 'value' | 'element';
type Place = 'object' | 'first key' | 'first element' | 'colon' | `after ${Role}` | Role | 'end';

/** What may stand at a place, and which place comes after it. */
const PUNCTUATION: Partial<Record<Place, Record<string, Place | undefined>>> = {
  object: { '{': 'first key' },
  'first key': { '}': 'end' },
  'after key': { ':': 'value' },
  value: { '[': 'first element' },
  'first element': { ']': 'after value' },
  'after element': { ',': 'element', ']': 'after value' },
  'after value': { ',': 'key', '}': 'end' },
};
const VALUE_START = /^["[{\-0-9tfn]$/;
/** What begins at a place unless punctuation stands there. */
const BEGINNINGS: Partial<Record<Place, { role: Role; start: RegExp }>> = {
  'first key': { role: 'key', start: /^"$/ },
  key: { role: 'key', start: /^"$/ },
  value: { role: 'value', start: VALUE_START },
  'first element': { role: 'element', start: VALUE_START },
  element: { role: 'element', start: VALUE_START },
};

/** A key, value or element whose end was not seen yet. */
interface Open {
  readonly role: Role;
  readonly end: JsonValueEnd;
  readonly pieces: Uint8Array[];
  bytes: number;
}

/**
 * Cuts the text of one JSON object, which comes in chunks of any size, into its fields, and fields
 * that are arrays into their elements. It accepts what `JSON.parse` accepts, but it holds only one
 * value at a time: each element, and each field that is no array, has at most `maxBytes`. Keys
 * that repeat are handed on as they come.
 */
export class JsonSplitter {
  private readonly decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  private place: Place = 'object';
  private open?: Open;
  private key = '';
  private index = 0;
  private offset = 0;

  constructor(private readonly maxBytes: number) {}

  /**
   * The parts that end in this chunk, whose bytes may be overwritten afterwards.
   * @throws AppError `bad_json`; `validation_failed` for what is no object or too large
   */
  *push(chunk: Uint8Array): Generator<JsonPart> {
    let at = 0;
    while (at < chunk.length) {
      if (this.open) {
        const end = this.open.end.find(chunk, at);
        const part = this.take(this.open, chunk.subarray(at, end));
        if (part) yield part;
        at = end;
      } else if (isWhiteSpace(chunk[at]!)) at++;
      else {
        const part = this.step(String.fromCharCode(chunk[at]!), this.offset + at);
        if (part) yield part;
        // What begins here is still to be read.
        if (!this.open) at++;
      }
    }
    this.offset += chunk.length;
  }

  /** @throws AppError `bad_json` when the object is not complete */
  end(): void {
    if (this.place !== 'end') throw badJson('it ends before its time');
  }

  private step(character: string, offset: number): JsonPart | undefined {
    const next = PUNCTUATION[this.place]?.[character];
    if (next) {
      this.place = next;
      if (next !== 'first element') return undefined;
      this.index = 0;
      return { kind: 'array', key: this.key };
    }
    const beginning = BEGINNINGS[this.place];
    if (beginning?.start.test(character)) {
      this.open = { role: beginning.role, end: new JsonValueEnd(), pieces: [], bytes: 0 };
      return undefined;
    }
    if (this.place === 'object' && VALUE_START.test(character)) {
      const msg = 'Invalid input: expected object';
      throw validationFailed({ loc: ['body'], msg, type: 'object_type' });
    }
    throw badJson(`unexpected ${JSON.stringify(character)} at byte ${offset}`);
  }

  private take(open: Open, piece: Uint8Array): JsonPart | undefined {
    open.bytes += piece.length;
    if (open.bytes > this.maxBytes) {
      const msg = `may have at most ${this.maxBytes} bytes`;
      throw validationFailed({ loc: this.loc(open), msg, type: 'too_long' });
    }
    if (!open.end.reached) {
      open.pieces.push(Buffer.from(piece));
      return undefined;
    }
    const value = this.parse(open, piece);
    this.open = undefined;
    this.place = `after ${open.role}`;
    const { key } = this;
    switch (open.role) {
      case 'key':
        this.key = value as string;
        return undefined;
      case 'value':
        return { kind: 'value', key, value };
      case 'element':
        return { kind: 'element', key, index: this.index++, value, bytes: open.bytes };
    }
  }

  private parse(open: Open, last: Uint8Array): unknown {
    const bytes = open.pieces.length === 0 ? last : Buffer.concat([...open.pieces, last]);
    try {
      return JSON.parse(this.decoder.decode(bytes)) as unknown;
    } catch (cause) {
      const reason = cause instanceof SyntaxError ? cause.message : 'not UTF-8';
      throw badJson(`${this.loc(open).join('.')}: ${reason}`, cause);
    }
  }

  private loc(open: Open): (string | number)[] {
    if (open.role === 'key') return ['body'];
    return open.role === 'value' ? ['body', this.key] : ['body', this.key, this.index];
  }
}

function badJson(reason: string, cause?: unknown): AppError {
  return new AppError('bad_json', `The body is not valid JSON: ${reason}`, { cause });
}
