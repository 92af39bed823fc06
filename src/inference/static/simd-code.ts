/** Parameters of `sum`, then its own variables; a local is known by its number. */
const [ids, idsEnd, rows, weights, sum, dimensions] = [0, 1, 2, 3, 4, 5] as const;
const [row, rowEnd, to, weight, values] = [6, 7, 8, 9, 10] as const;

const [INTEGER, VECTOR] = [0x7f, 0x7b];
const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const constant = (value: number): number[] => [0x41, value];
const LOAD_INTEGER = [0x28, 2, 0];
const LOAD_FLOAT = [0x2a, 0, 0];
const ADD = [0x6a];
const MULTIPLY = [0x6c];
const SHIFT_LEFT = [0x74];
const IS_BELOW = [0x49];
const simd = (opcode: number, ...rest: number[]): number[] => [0xfd, ...unsigned(opcode), ...rest];
const LOAD_EIGHT_BYTES_AS_SHORTS = simd(0x01, 0, 0);
const loadFour = (offset: number): number[] => simd(0x00, 2, offset);
const storeFour = (offset: number): number[] => simd(0x0b, 2, offset);
const TO_ALL_FOUR = simd(0x13);
const LOWER_SHORTS = simd(0xa7);
const UPPER_SHORTS = simd(0xa8);
const TO_FLOATS = simd(0xfa);
const ADD_FLOATS = simd(0xe4);
const MULTIPLY_FLOATS = simd(0xe6);

const advance = (local: number, by: number): number[] =>
  [get(local), constant(by), ADD, set(local)].flat();

const repeatWhileBelow = (local: number, end: number, body: number[][]): number[] =>
  [[0x03, 0x40], ...body, get(local), get(end), IS_BELOW, [0x0d, 0], [0x0b]].flat();

/** To the four floats at `to + offset`: four of `values` times `weight`. */
const addFour = (which: number[], offset: number): number[] =>
  [
    ...[get(to), get(to), loadFour(offset)],
    ...[get(values), which, TO_FLOATS, get(weight), MULTIPLY_FLOATS],
    ...[ADD_FLOATS, storeFour(offset)],
  ].flat();

const BODY = repeatWhileBelow(ids, idsEnd, [
  ...[get(rows), get(ids), LOAD_INTEGER, get(dimensions), MULTIPLY, ADD, set(row)],
  ...[get(row), get(dimensions), ADD, set(rowEnd)],
  ...[get(weights), get(ids), LOAD_INTEGER, constant(2), SHIFT_LEFT, ADD],
  ...[LOAD_FLOAT, TO_ALL_FOUR, set(weight)],
  ...[get(sum), set(to)],
  repeatWhileBelow(row, rowEnd, [
    ...[get(row), LOAD_EIGHT_BYTES_AS_SHORTS, set(values)],
    addFour(LOWER_SHORTS, 0),
    addFour(UPPER_SHORTS, 16),
    advance(row, 8),
    advance(to, 32),
  ]),
  advance(ids, 4),
]);

const section = (id: number, content: number[]): number[] => [id, ...withLength(content)];
const name = (text: string): number[] => withLength([...Buffer.from(text)]);

/**
 * The module behind `SimdSum`, instruction by instruction: a compiler for one loop would be one
 * more tool that everybody needs. Opcodes and the layout of a module:
 * https://webassembly.github.io/spec/core/binary/index.html
 *
 * It imports a memory that threads share, `in.memory`, and exports `sum(ids, idsEnd, rows, weights,
 * sum, dimensions)`, addresses but for the last: to the 32-bit floats at `sum` it adds, for each
 * 32-bit token id from `ids` to before `idsEnd`, its row of 8-bit integers times its weight. There
 * must be an id, and `dimensions`, the values of a row, must be a multiple of 8.
 */
export const SIMD_CODE = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, [1, 0x60, 6, ...Array<number>(6).fill(INTEGER), 0]),
  ...section(2, [1, ...name('in'), ...name('memory'), 2, 3, 0, ...unsigned(65_536)]),
  ...section(3, [1, 0]),
  ...section(7, [1, ...name('sum'), 0, 0]),
  ...section(10, [1, ...withLength([2, 3, INTEGER, 2, VECTOR, ...BODY, 0x0b])]),
]);

function withLength(content: number[]): number[] {
  return [...unsigned(content.length), ...content];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}
