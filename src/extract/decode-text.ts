import { ExtractionError } from './extractor.js';
import { MAX_DECODED_BYTES } from './limits.js';

export interface DecodedText {
  text: string;
  /** Label of the WHATWG Encoding Standard. */
  encoding: string;
  truncated?: string;
}

const SAMPLE_BYTES = 4096;
const WESTERN = 'windows-1252';
/** https://encoding.spec.whatwg.org/index-windows-1252.txt, the part that is not Latin-1. */
const WESTERN_80_TO_9F = [...'€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f', ...'\u0090‘’“”•–—˜™š›œ\u009džŸ'];

/**
 * Decodes a text file: byte order mark, UTF-16 without one, the declared charset, UTF-8, Shift_JIS
 * where the content clearly is Japanese, else windows-1252, in which every byte has a meaning.
 * @throws ExtractionError `unsupported_media_type` when the bytes are not text
 */
export function decodeText(bytes: Uint8Array, charset?: string): DecodedText {
  const isCut = bytes.length > MAX_DECODED_BYTES;
  const input = isCut ? bytes.subarray(0, MAX_DECODED_BYTES) : bytes;
  const decoded = decodeBytes(input, charset, isCut);
  if (!isCut) return decoded;
  const megabytes = Math.round(MAX_DECODED_BYTES / 1e6);
  return { ...decoded, truncated: `only the first ${megabytes} MB were read` };
}

function decodeBytes(bytes: Uint8Array, charset: string | undefined, isCut: boolean): DecodedText {
  const marked = byteOrderMark(bytes) ?? utf16WithoutMark(bytes);
  if (marked) return { text: decode(bytes, marked, isCut, false)!, encoding: marked };
  if (looksBinary(bytes)) {
    throw new ExtractionError('unsupported_media_type', 'The file is binary, not text.');
  }
  for (const encoding of candidates(charset)) {
    const text = decode(bytes, encoding, isCut);
    if (text !== undefined) return { text, encoding };
  }
  const japanese = decode(bytes, 'shift_jis', isCut);
  if (japanese !== undefined && isJapanese(japanese)) {
    return { text: japanese, encoding: 'shift_jis' };
  }
  return { text: decodeWestern(bytes), encoding: WESTERN };
}

/**
 * Bytes that are valid UTF-8 are UTF-8, whatever a header says, except for the encodings that write
 * Japanese with escape sequences in plain ASCII.
 */
function candidates(charset: string | undefined): string[] {
  if (!charset) return ['utf-8'];
  return charset.startsWith('iso-2022') ? [charset, 'utf-8'] : ['utf-8', charset];
}

/** The text, or undefined when the bytes are not valid in that encoding or it is not known. */
function decode(
  bytes: Uint8Array,
  encoding: string,
  isCut: boolean,
  fatal = true,
): string | undefined {
  try {
    const decoder = new TextDecoder(encoding, { fatal });
    if (decoder.encoding === WESTERN) return decodeWestern(bytes);
    // A cut may fall inside a character: `stream` keeps its bytes back instead of failing.
    return decoder.decode(bytes, { stream: isCut });
  } catch {
    return undefined;
  }
}

/**
 * Decodes windows-1252 (and what the Encoding Standard reads as such: ISO 8859-1, ASCII). Node
 * (20.18.3 and later) takes it for Latin-1 and makes control characters of quotation marks:
 * https://github.com/nodejs/node/issues/56542
 */
function decodeWestern(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('latin1')
    .replace(/[\u0080-\u009f]/g, (control) => WESTERN_80_TO_9F[control.charCodeAt(0) - 0x80]!);
}

function byteOrderMark(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return undefined;
}

/** UTF-16 of mostly Latin text has a zero in nearly every second byte, and none in the others. */
function utf16WithoutMark(bytes: Uint8Array): string | undefined {
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  if (bytes.length % 2 !== 0 || sample.length < 4) return undefined;
  const zeros = [0, 0];
  sample.forEach((byte, i) => {
    if (byte === 0) zeros[i % 2]!++;
  });
  const most = sample.length * 0.35;
  if (zeros[1]! > most && zeros[0] === 0) return 'utf-16le';
  if (zeros[0]! > most && zeros[1] === 0) return 'utf-16be';
  return undefined;
}

function looksBinary(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  let control = 0;
  for (const byte of sample) {
    if (byte === 0) return true;
    const isSpace = byte >= 0x09 && byte <= 0x0d;
    const isEscape = byte === 0x1b;
    if ((byte < 0x20 && !isSpace && !isEscape) || byte === 0x7f) control++;
  }
  return control > sample.length * 0.02;
}

/**
 * Accented letters of a Western text may be valid Shift_JIS by chance, but each then stands alone
 * among ASCII; Japanese comes in runs.
 */
function isJapanese(text: string): boolean {
  if (/[\ue000-\uf8ff]/.test(text)) return false;
  const runs = text.match(/[\u2010-\u30ff\u3400-\u9fff\uf900-\ufaff\uff01-\uff60]+/g) ?? [];
  const halfWidth = text.match(/[\uff61-\uff9f]/g)?.length ?? 0;
  const characters = runs.reduce((sum, run) => sum + run.length, 0);
  return characters >= 2 && characters >= 2 * runs.length && characters > halfWidth;
}
