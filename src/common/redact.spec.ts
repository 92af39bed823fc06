import fc from 'fast-check';
import { redact } from './redact.js';
import { Secret } from './secret.js';

const TOKEN = 'xoxb-1234+ö/?"-abcdefgh';
const clean = (text: string): string => redact(text, [new Secret(TOKEN)]);

describe('redact', () => {
  it.each([
    ['as it is', `refused: ${TOKEN}!`],
    ['in JSON', JSON.stringify({ token: TOKEN })],
    ['in a URL', `https://x.test/?token=${encodeURIComponent(TOKEN)}&a=1`],
    ['in hex', Buffer.from(TOKEN).toString('hex')],
    ['in upper hex', Buffer.from(TOKEN).toString('hex').toUpperCase()],
    ['in base64', `Basic ${Buffer.from(TOKEN).toString('base64')}`],
    ['in base64url', Buffer.from(TOKEN).toString('base64url')],
  ])('masks a secret %s', (_, text) => {
    const shown = clean(text);
    expect(shown).toContain('[secret]');
    expect(shown).not.toContain('abcdefgh');
    expect(shown).not.toContain(Buffer.from('abcdefgh').toString('hex'));
  });

  it('masks a secret within other bytes in base64', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const encoded = Buffer.from(`${before}${TOKEN}${after}`).toString('base64');
        expect(clean(encoded)).toContain('[secret]');
        const left = Buffer.from(clean(encoded).replace('[secret]', ''), 'base64').toString();
        expect(left).not.toContain('1234');
      }),
    );
  });

  it('leaves other text as it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(clean(text)).toBe(text);
      }),
    );
    expect(redact('anything', [])).toBe('anything');
    expect(redact('anything', [new Secret('')])).toBe('anything');
  });

  it('masks several secrets, one of which begins another', () => {
    const secrets = [new Secret('tokens-and-more'), new Secret('tokens')];
    expect(redact('a tokens b tokens-and-more c', secrets)).toBe('a [secret] b [secret] c');
  });
});
