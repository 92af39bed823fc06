const IMF_FIXDATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Milliseconds that an answer asks to wait: `retry-after-ms` (Azure and OpenAI), else
 * `Retry-After` as seconds or as HTTP-date (RFC 9110, section 10.2.3); undefined where neither is
 * there or understood.
 */
export function retryAfterMs(headers: Headers, now: Date): number | undefined {
  const milliseconds = decimal(headers.get('retry-after-ms'));
  if (milliseconds !== undefined) return milliseconds;
  const header = headers.get('retry-after');
  const seconds = decimal(header);
  if (seconds !== undefined) return seconds * 1000;
  if (!header || !IMF_FIXDATE.test(header.trim())) return undefined;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime());
}

function decimal(header: string | null): number | undefined {
  return header && /^\s*\d+(\.\d+)?\s*$/.test(header) ? Number(header) : undefined;
}
