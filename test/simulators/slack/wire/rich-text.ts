/** What a line of mrkdwn is made of, as in Slack's rich_text elements. */
export type Inline =
  | { readonly type: 'text'; readonly text: string; readonly style?: TextStyle }
  | { readonly type: 'user'; readonly userId: string }
  | { readonly type: 'channel'; readonly channelId: string }
  | { readonly type: 'usergroup'; readonly groupId: string }
  | { readonly type: 'broadcast'; readonly range: string }
  | { readonly type: 'link'; readonly url: string; readonly label: string | null }
  | { readonly type: 'emoji'; readonly name: string };

export type TextStyle = 'bold' | 'italic' | 'strike' | 'code';

export type RichBlock =
  | { readonly type: 'section' | 'quote'; readonly content: readonly Inline[] }
  | { readonly type: 'preformatted'; readonly text: string }
  | {
      readonly type: 'list';
      readonly style: 'bullet' | 'ordered';
      readonly indent: number;
      readonly items: readonly (readonly Inline[])[];
    };

/** Characters at which something other than text may start, and what it then looks like. */
const SPECIAL = /[<:*_~`]/g;
const REFERENCE =
  /<(@[UW]\w+|#C\w+(?:\|[^>]*)?|!subteam\^S\w+(?:\|[^>]*)?|!(?:here|channel|everyone)|[a-z]+:[^>|\s]+(?:\|[^>]*)?)>/y;
const EMOJI = /:(\+1|-1|[a-z][a-z0-9_+-]*):/y;
const STYLED: Readonly<Record<string, { readonly pattern: RegExp; readonly style: TextStyle }>> = {
  '*': { pattern: /(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?!\w)/y, style: 'bold' },
  _: { pattern: /(?<!\w)_(\S(?:[^_\n]*\S)?)_(?!\w)/y, style: 'italic' },
  '~': { pattern: /(?<![\w~])~(\S(?:[^~\n]*\S)?)~(?!\w)/y, style: 'strike' },
  '`': { pattern: /`([^`\n]+)`/y, style: 'code' },
};
const LIST_ITEM = /^( *)(?:[•◦▪]|(\d+)\.) (.*)$/;

/** Reads wire mrkdwn into the blocks that the composer of Slack's client would have sent. */
export function parseRichText(mrkdwn: string): RichBlock[] {
  const blocks: RichBlock[] = [];
  mrkdwn.split(/```\n?/).forEach((part, i) => {
    if (i % 2 === 1) blocks.push({ type: 'preformatted', text: unescape(part.trimEnd()) });
    else if (part.trim() !== '') readLines(part.replace(/^\n|\n$/g, ''), blocks);
  });
  return blocks;
}

function readLines(text: string, blocks: RichBlock[]): void {
  let plain: string[] = [];
  const flush = (): void => {
    if (plain.length > 0) blocks.push({ type: 'section', content: parseInline(plain.join('\n')) });
    plain = [];
  };
  for (const line of text.split('\n')) {
    const item = LIST_ITEM.exec(line);
    if (item !== null) {
      flush();
      addItem(blocks, item);
    } else if (line.startsWith('&gt; ')) {
      flush();
      blocks.push({ type: 'quote', content: parseInline(line.slice(5)) });
    } else {
      plain.push(line);
    }
  }
  flush();
}

function addItem(blocks: RichBlock[], [, spaces = '', number, text = '']: RegExpExecArray): void {
  const indent = Math.floor(spaces.length / 4);
  const style = number === undefined ? 'bullet' : 'ordered';
  const last = blocks.at(-1);
  const item = parseInline(text);
  if (last?.type === 'list' && last.indent === indent && last.style === style) {
    blocks[blocks.length - 1] = { ...last, items: [...last.items, item] };
  } else {
    blocks.push({ type: 'list', style, indent, items: [item] });
  }
}

function parseInline(text: string): Inline[] {
  const found: Inline[] = [];
  let end = 0;
  const addText = (raw: string): void => {
    if (raw !== '') found.push({ type: 'text', text: unescape(raw) });
  };
  SPECIAL.lastIndex = 0;
  for (let special = SPECIAL.exec(text); special !== null; special = SPECIAL.exec(text)) {
    const match = inlineAt(text, special.index);
    if (match === null) continue;
    addText(text.slice(end, special.index));
    found.push(match.inline);
    end = SPECIAL.lastIndex = special.index + match.length;
  }
  addText(text.slice(end));
  return found;
}

function inlineAt(text: string, at: number): { inline: Inline; length: number } | null {
  const start = text[at]!;
  const styled = STYLED[start];
  const pattern = styled?.pattern ?? (start === '<' ? REFERENCE : EMOJI);
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  if (match === null) return null;
  const [{ length }, inner = ''] = match;
  if (styled !== undefined) {
    return { inline: { type: 'text', text: unescape(inner), style: styled.style }, length };
  }
  const inline: Inline = start === '<' ? parseReference(inner) : { type: 'emoji', name: inner };
  return { inline, length };
}

function parseReference(reference: string): Inline {
  const [target = '', label] = reference.split('|');
  if (target.startsWith('@')) return { type: 'user', userId: target.slice(1) };
  if (target.startsWith('#')) return { type: 'channel', channelId: target.slice(1) };
  if (target.startsWith('!subteam^')) return { type: 'usergroup', groupId: target.slice(9) };
  if (target.startsWith('!')) return { type: 'broadcast', range: target.slice(1) };
  const text = label === undefined ? null : unescape(label);
  return { type: 'link', url: unescape(target), label: text };
}

/** Only these three are escaped: https://docs.slack.dev/messaging/formatting-message-text */
function unescape(text: string): string {
  if (!text.includes('&')) return text;
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
