import fc from 'fast-check';
import { Secret } from '../common/secret.js';
import {
  newDataKey,
  open,
  seal,
  unwrapDataKey,
  wrapDataKey,
  type Place,
  type Sealed,
} from './envelope.js';
import { newRingKey } from './key-ring.js';

const UNREADABLE = expect.objectContaining({ code: 'credentials_unreadable' });
const place: fc.Arbitrary<Place> = fc.record({
  tenant: fc.string(),
  connection: fc.string(),
  field: fc.string(),
  version: fc.nat(),
});
const flipped = (bytes: Buffer, bit: number): Buffer => {
  const copy = Buffer.from(bytes);
  const at = bit % (copy.length * 8);
  copy[at >> 3]! ^= 1 << (at & 7);
  return copy;
};

describe('a sealed value', () => {
  const key = newDataKey();

  it('opens at its place, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), place, (text, at) => {
        expect(open(seal(new Secret(text), key, at), key, at).reveal()).toBe(text);
      }),
    );
  });

  it('opens at no other place', () => {
    fc.assert(
      fc.property(fc.string(), place, place, (text, at, other) => {
        fc.pre(JSON.stringify(at) !== JSON.stringify(other));
        expect(() => open(seal(new Secret(text), key, at), key, other)).toThrow(UNREADABLE);
      }),
    );
  });

  it('does not open when parts of the place change sides', () => {
    const sealed = seal(new Secret('x'), key, { ...at, connection: 'ab', field: 'c' });
    expect(() => open(sealed, key, { ...at, connection: 'a', field: 'bc' })).toThrow(UNREADABLE);
  });

  it('does not open after one bit of it has changed', () => {
    const part = fc.constantFrom<keyof Sealed>('iv', 'tag', 'ciphertext');
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), part, fc.nat(), (text, name, bit) => {
        const sealed = seal(new Secret(text), key, at);
        const changed = { ...sealed, [name]: flipped(sealed[name], bit) };
        expect(() => open(changed, key, at)).toThrow(UNREADABLE);
      }),
    );
  });

  it('does not open with a shorter tag, a longer iv or another key', () => {
    const sealed = seal(new Secret('x'), key, at);
    const wrong = [
      { ...sealed, tag: sealed.tag.subarray(0, 12) },
      { ...sealed, tag: Buffer.alloc(0) },
      { ...sealed, iv: Buffer.concat([sealed.iv, Buffer.of(0)]) },
      { ...sealed, ciphertext: Buffer.alloc(0) },
    ];
    for (const one of wrong) expect(() => open(one, key, at)).toThrow(UNREADABLE);
    expect(() => open(sealed, newDataKey(), at)).toThrow(UNREADABLE);
  });

  it('never has the same bytes twice and does not show its value', () => {
    const secret = new Secret('xoxb-a-token');
    const [one, two] = [seal(secret, key, at), seal(secret, key, at)];
    expect(one.iv).not.toEqual(two.iv);
    expect(one.ciphertext).not.toEqual(two.ciphertext);
    expect(one.ciphertext.includes('xoxb')).toBe(false);
  });

  const at: Place = { tenant: 't', connection: 'c', field: 'f', version: 1 };
});

describe('a wrapped data key', () => {
  const ringKey = newRingKey('a');

  it('is unwrapped for its tenant with the key that wrapped it', () => {
    const key = newDataKey();
    const unwrapped = unwrapDataKey(wrapDataKey(key, ringKey, 't'), ringKey, 't');
    expect(unwrapped.reveal()).toEqual(key.reveal());
  });

  it('is of no use for another tenant, another key, or the same key under another id', () => {
    const wrapped = wrapDataKey(newDataKey(), ringKey, 't');
    expect(() => unwrapDataKey(wrapped, ringKey, 'other')).toThrow(UNREADABLE);
    expect(() => unwrapDataKey(wrapped, newRingKey('a'), 't')).toThrow(UNREADABLE);
    expect(() => unwrapDataKey(wrapped, { ...ringKey, id: 'b' }, 't')).toThrow(UNREADABLE);
  });

  it('is not unwrapped after a bit has changed or bytes are missing', () => {
    const wrapped = wrapDataKey(newDataKey(), ringKey, 't');
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: wrapped.length - 1 }), (bit, length) => {
        expect(() => unwrapDataKey(flipped(wrapped, bit), ringKey, 't')).toThrow(UNREADABLE);
        expect(() => unwrapDataKey(wrapped.subarray(0, length), ringKey, 't')).toThrow(UNREADABLE);
      }),
    );
  });
});
