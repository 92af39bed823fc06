import type { Secret } from './secret.js';

const MASK = '[secret]';

/** Shapes of tokens that nobody should see, whoever they belong to. */
const TOKENS: readonly RegExp[] = [
  // Slack: bot, user, app, refresh and configuration tokens.
  /\bxox[a-z](?:\.xox[a-z])?-[\w.%-]{6,}/gi,
  /\bxapp-[\w-]{6,}/gi,
  // Notion: internal integrations, earlier and present form.
  /\bsecret_[A-Za-z0-9]{16,}/g,
  /\bntn_[A-Za-z0-9]{16,}/g,
  // Google: access tokens, refresh tokens, OAuth client secrets, API keys.
  /\bya29\.[\w.~+/-]{6,}=*/g,
  /\b1\/\/0[\w-]{20,}/g,
  /\bGOCSPX-[\w-]{10,}/g,
  /\bAIza[\w-]{30,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];

/** Whatever stands where credentials stand; the name of the place stays. */
const PLACES: readonly RegExp[] = [
  /\b(Bearer\s+)[\w.~+/-]{6,}=*/gi,
  /\b(Basic\s+)[A-Za-z0-9+/]{12,}={0,2}/g,
  /([?&;\s"'](?:access_token|refresh_token|client_secret|token|api_key|signature)=)[^&\s"']{4,}/gi,
];

/**
 * Text without secrets: those given, plain and as they look in URLs, JSON and base64, and whatever
 * has the shape of a token become `[secret]`.
 */
export function redact(text: string, secrets: readonly Secret<string>[] = []): string {
  let clean = text;
  // The longest first: a secret may be part of another one.
  for (const value of secrets.flatMap(spellingsOf).sort((a, b) => b.length - a.length))
    if (clean.includes(value)) clean = clean.replaceAll(value, MASK);
  for (const place of PLACES) clean = clean.replace(place, `$1${MASK}`);
  for (const token of TOKENS) clean = clean.replace(token, MASK);
  return clean;
}

const known = new WeakMap<Secret<string>, readonly string[]>();

/** Worked out once: every line of a request log asks for them. */
function spellingsOf(secret: Secret<string>): readonly string[] {
  const found = known.get(secret) ?? spellings(secret.reveal());
  known.set(secret, found);
  return found;
}

function spellings(secret: string): string[] {
  if (secret === '') return [];
  const bytes = Buffer.from(secret);
  const base64 = bytes.toString('base64');
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    base64,
    base64.replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...[0, 1, 2].flatMap((offset) => insideBase64(bytes, offset)),
  ];
}

/**
 * What of a secret stands in base64 whatever comes before it (`offset` bytes, modulo 3) and after:
 * `Authorization: Basic` has it behind a name.
 */
function insideBase64(bytes: Buffer, offset: number): string[] {
  const whole = Buffer.concat([Buffer.alloc(offset), bytes]);
  const first = Math.ceil((offset * 8) / 6);
  const last = Math.floor((whole.length * 8) / 6);
  // Shorter runs turn up in ordinary text.
  if (last - first < 8) return [];
  return (['base64', 'base64url'] as const).map((name) => whole.toString(name).slice(first, last));
}
