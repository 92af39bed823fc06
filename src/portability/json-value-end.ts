const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/** Space, tab, line feed and carriage return, the white space of JSON (RFC 8259, section 2). */
export function isWhiteSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/**
 * Finds where one JSON value ends, however its bytes are cut. It knows strings and nesting and
 * nothing else: that the value is right JSON is left to `JSON.parse`. UTF-8 needs no care, since
 * the bytes of characters beyond ASCII are none of JSON's.
 */
export class JsonValueEnd {
  private depth = 0;
  private inString = false;
  private escaped = false;
  private over = false;

  /** True once the last byte of the value was seen. */
  get reached(): boolean {
    return this.over;
  }

  /** Index after the last byte of the value in this chunk, from `from` on. */
  find(chunk: Uint8Array, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.inString) {
        if (this.escaped) this.escaped = false;
        else if (byte === BACKSLASH) this.escaped = true;
        else if (byte === QUOTE) {
          this.inString = false;
          if (this.depth === 0) return this.end(at + 1);
        }
      } else if (byte === QUOTE) this.inString = true;
      else if (OPENING.has(byte)) this.depth++;
      else if (CLOSING.has(byte)) {
        // A number or a word has no end of its own: what closes the container comes after it.
        if (this.depth === 0) return this.end(at);
        this.depth--;
        if (this.depth === 0) return this.end(at + 1);
      } else if (this.depth === 0 && (byte === COMMA || isWhiteSpace(byte))) return this.end(at);
    }
    return chunk.length;
  }

  private end(at: number): number {
    this.over = true;
    return at;
  }
}
