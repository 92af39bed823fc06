const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

/**
 * Character data of XML as text: CDATA sections unwrapped, references resolved (the five named ones
 * and numbers, all that XML has without a document type).
 */
export function xmlText(source: string): string {
  if (!source.includes('<!') && !source.includes('&')) return source;
  return source
    .split(/<!\[CDATA\[([^]*?)\]\]>/)
    .map((part, i) => (i % 2 === 1 ? part : resolveReferences(part)))
    .join('');
}

/** An attribute in the text of a start tag. */
export function xmlAttribute(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(tag);
  const value = found?.[1] ?? found?.[2];
  return value === undefined ? undefined : resolveReferences(value);
}

function resolveReferences(source: string): string {
  return source.replace(
    /&(?:#(\d+)|#x([0-9a-f]+)|(amp|lt|gt|quot|apos));/gi,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name) return NAMED[name.toLowerCase()] ?? whole;
      const code = decimal ? Number(decimal) : parseInt(hex ?? '', 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}
