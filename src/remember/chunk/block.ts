/**
 * A piece of a document that belongs together, as a range of the normalised source text. Ranges
 * neither overlap nor leave out anything but white space.
 */
export interface Block {
  readonly start: number;
  /** After the last character that is not white space. */
  readonly end: number;
  /** How a block that is too long is cut: prose at sentences, code and tables at line ends. */
  readonly kind: 'prose' | 'lines';
  /**
   * Put in front of every chunk that begins inside the block, with what separates it from the
   * text: the header of a table, the name and time of a message.
   */
  readonly repeat?: string;
}

/** A heading with what stands under it up to the next heading of any level. */
export interface Section {
  /** Titles from the top heading down to the section's own; empty before the first heading. */
  readonly path: readonly string[];
  /** The heading lines as a block; absent before the first heading. */
  readonly heading?: Block;
  readonly blocks: Block[];
}

/** A block without surrounding white space, or undefined where nothing else is there. */
export function blockOf(
  source: string,
  start: number,
  end: number,
  kind: Block['kind'],
  repeat?: string,
): Block | undefined {
  const text = source.slice(start, end);
  const from = start + text.length - text.trimStart().length;
  const to = start + text.trimEnd().length;
  return from < to ? { start: from, end: to, kind, repeat } : undefined;
}
