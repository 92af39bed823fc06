/**
 * A text as the end of a sentence: with a full stop, unless it brings one. Reasons come from
 * sources, people and other sentences, and some end in one already.
 */
export function sentence(text: string): string {
  const end = text.trimEnd();
  return /[.!?…]$/.test(end) ? end : `${end}.`;
}
