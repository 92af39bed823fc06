import { randomBytes } from 'node:crypto';
import { AppError } from '../common/errors/app-error.js';
import { newRingKey, parseKeyRing } from './key-ring.js';

const key = () => randomBytes(32).toString('base64');
const refusal = (text: string): AppError => {
  try {
    parseKeyRing(text, 'THE_VARIABLE');
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error('it was accepted');
};

describe('a key ring', () => {
  it('has the first key as the active one and finds the others by id', () => {
    const [one, two] = [key(), key()];
    const ring = parseKeyRing(`2026b:${one}, 2026a:${two}`, 'X');
    expect(ring.active.id).toBe('2026b');
    expect(ring.ids).toEqual(['2026b', '2026a']);
    expect(ring.get('2026a').key.reveal().toString('base64')).toBe(two);
  });

  it('is read from lines as well, without padding and in the alphabet of URLs', () => {
    const bytes = Buffer.alloc(32, 0xfb);
    const ring = parseKeyRing(`a:${bytes.toString('base64url')}\nb:${key()}\n`, 'X');
    expect(ring.get('a').key.reveal()).toEqual(bytes);
    expect(parseKeyRing(ring.entries().join('\n'), 'X').ids).toEqual(['a', 'b']);
  });

  it.each([
    ['nothing', ' , '],
    ['no id', key()],
    ['an empty id', `:${key()}`],
    ['an id with a space', `my key:${key()}`],
    ['a key that is too short', `a:${randomBytes(31).toString('base64')}`],
    ['a key that is too long', `a:${randomBytes(33).toString('base64')}`],
    ['a key in hex', `a:${randomBytes(32).toString('hex')}`],
    ['one id twice', `a:${key()},b:${key()},a:${key()}`],
  ])('refuses %s without repeating what was given', (_, text) => {
    const error = refusal(text);
    expect(error.code).toBe('encryption_keys_invalid');
    expect(error.message).toContain('THE_VARIABLE');
    for (const part of text.split(/[,:]/).filter((one) => one.length > 30))
      expect(error.message).not.toContain(part);
  });

  it('names a key that is missing and those that are there', () => {
    const ring = parseKeyRing(`a:${key()}`, 'X');
    expect(() => ring.get('gone')).toThrow(
      expect.objectContaining({
        code: 'encryption_key_missing',
        message: expect.stringMatching(/"gone".*\(a\)/),
      }),
    );
  });

  it('takes in the keys of another ring behind its own', () => {
    const ring = parseKeyRing(`a:${key()},b:${key()}`, 'X');
    const other = parseKeyRing(`c:${key()},b:${key()}`, 'X');
    const both = ring.with(other);
    expect(both.ids).toEqual(['a', 'b', 'c']);
    expect(both.get('b')).toBe(ring.get('b'));
    expect(both.ledBy(newRingKey('d')).ids).toEqual(['d', 'a', 'b', 'c']);
  });

  it('prints no key', () => {
    const secret = key();
    const ring = parseKeyRing(`a:${secret}`, 'X');
    expect(JSON.stringify(ring) + String(ring.active.key)).not.toContain(secret);
  });
});
