const ASCII_CHARACTERS_PER_TOKEN = 4;

/**
 * Tokens of a text at a remote model, whose tokenizer we do not have: four ASCII characters, or
 * one other character, are a token. English prose has about 4.5 characters a token, so the
 * estimate is rather high; code and long numbers have fewer.
 */
export function estimateTokens(text: string): number {
  return Math.ceil(weigh(text, text.length) / ASCII_CHARACTERS_PER_TOKEN);
}

/** The longest beginning of a text whose estimate is at most `maxTokens`. */
export function cutToTokens(text: string, maxTokens: number): string {
  const budget = maxTokens * ASCII_CHARACTERS_PER_TOKEN;
  if (text.length * ASCII_CHARACTERS_PER_TOKEN <= budget) return text;
  let weight = 0;
  for (let at = 0; at < text.length; at++) {
    weight += weightAt(text, at);
    if (weight > budget) return text.slice(0, isLowSurrogate(text, at) ? at - 1 : at);
  }
  return text;
}

function weigh(text: string, end: number): number {
  let weight = 0;
  for (let at = 0; at < end; at++) weight += weightAt(text, at);
  return weight;
}

function weightAt(text: string, at: number): number {
  return text.charCodeAt(at) < 128 ? 1 : ASCII_CHARACTERS_PER_TOKEN;
}

function isLowSurrogate(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xdc00;
}
