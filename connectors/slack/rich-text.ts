import { emoji, emojiFromCodePoints } from './emoji.js';
import { asList, asObject, asText, type JsonObject } from './json-object.js';
import { linkText } from './mrkdwn.js';
import type { Names } from './names.js';
import { writtenDate } from './timestamp.js';

/** https://docs.slack.dev/reference/block-kit/blocks/rich-text-block */
export function fromRichText(block: JsonObject, names: Names): string {
  const counters: number[] = [];
  const parts = asList(block.elements).map((element) => {
    if (element.type !== 'rich_text_list') counters.length = 0;
    return fromSection(element, names, counters);
  });
  return parts.filter((part) => part !== '').join('\n');
}

function fromSection(element: JsonObject, names: Names, counters: number[]): string {
  const text = (): string =>
    asList(element.elements)
      .map((it) => fromElement(it, names))
      .join('');
  switch (element.type) {
    case 'rich_text_list':
      return fromList(element, names, counters);
    case 'rich_text_quote':
      return text().trim().replace(/^/gm, '> ');
    default:
      return text().replace(/\n+$/, '');
  }
}

/** Nested lists follow one another with an indent; a list goes on counting after a nested one. */
function fromList(list: JsonObject, names: Names, counters: number[]): string {
  const indent = Math.floor(Math.max(0, Math.min(asNumber(list.indent), 10)));
  counters.length = Math.min(counters.length, indent + 1);
  if (typeof list.offset === 'number') counters[indent] = list.offset;
  const items = asList(list.elements).map((item) => {
    const count = (counters[indent] = (counters[indent] ?? 0) + 1);
    const mark = list.style === 'ordered' ? `${count}.` : '-';
    const text = fromSection(item, names, []).replaceAll('\n', `\n${' '.repeat(indent * 2 + 2)}`);
    return `${' '.repeat(indent * 2)}${mark} ${text}`;
  });
  return items.join('\n');
}

function fromElement(element: JsonObject, names: Names): string {
  const id = (key: string): string => asText(element[key]);
  switch (element.type) {
    case 'text':
      return id('text');
    case 'link':
      return linkText(id('url'), id('text') || undefined);
    case 'user':
      return `@${names.user(id('user_id'))}`;
    case 'usergroup':
      return `@${names.userGroup(id('usergroup_id'))}`;
    case 'channel':
      return `#${names.channel(id('channel_id'))}`;
    case 'broadcast':
      return `@${id('range')}`;
    case 'emoji':
      return emojiFromCodePoints(id('unicode')) ?? emoji(id('name'));
    case 'date':
      return id('fallback') || writtenDate(String(asNumber(element.timestamp)));
    case 'color':
      return id('value');
    default:
      return fromUnknown(element);
  }
}

/** Kinds that come after this was written usually carry a text or an address. */
function fromUnknown(element: JsonObject): string {
  const { text, url } = element;
  return asText(text) || asText(asObject(text).text) || asText(element.fallback) || asText(url);
}

const asNumber = (value: unknown): number => (typeof value === 'number' ? value : 0);
