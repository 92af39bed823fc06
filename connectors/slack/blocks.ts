import { asList, asObject, asText, type JsonObject } from './json-object.js';
import { fromMrkdwn } from './mrkdwn.js';
import type { Names } from './names.js';
import { fromRichText } from './rich-text.js';

/** https://docs.slack.dev/reference/block-kit/blocks as lines of text; '' where nothing is to read. */
export function fromBlocks(blocks: unknown, names: Names): string {
  return asList(blocks)
    .map((block) => fromBlock(block, names).trimEnd())
    .filter((text) => text !== '')
    .join('\n');
}

/** Text made of these alone is exactly what a person typed. */
export function areRichTextOnly(blocks: unknown): boolean {
  const all = asList(blocks);
  return all.length > 0 && all.every((block) => block.type === 'rich_text');
}

function fromBlock(block: JsonObject, names: Names): string {
  switch (block.type) {
    case 'rich_text':
      return fromRichText(block, names);
    case 'section': {
      const fields = asList(block.fields).map((field) => fromText(field, names));
      return [fromText(block.text, names), ...fields].filter(Boolean).join('\n');
    }
    case 'context':
      return asList(block.elements)
        .map((element) => fromText(element, names) || asText(element.alt_text))
        .filter(Boolean)
        .join(' ');
    case 'image':
      return fromText(block.title, names) || asText(block.alt_text);
    case 'video':
      return [fromText(block.title, names), fromText(block.description, names)]
        .concat(asText(block.title_url) || asText(block.video_url))
        .filter(Boolean)
        .join('\n');
    case 'table':
      return fromTable(block, names);
    case 'actions':
    case 'divider':
    case 'input':
      return '';
    default:
      // header, markdown, and kinds that come after this was written.
      return fromText(block.text, names) || asText(block.text);
  }
}

/** A text object, plain or in Slack's format. */
function fromText(value: unknown, names: Names): string {
  const { type, text } = asObject(value);
  if (typeof text !== 'string') return '';
  return type === 'plain_text' ? text : fromMrkdwn(text, names);
}

function fromTable(table: JsonObject, names: Names): string {
  const rows = Array.isArray(table.rows) ? (table.rows as unknown[]) : [];
  return rows
    .map((row) =>
      asList(row)
        .map((cell) => (cell.type === 'rich_text' ? fromRichText(cell, names) : asText(cell.text)))
        .map((text) => text.replaceAll('\n', ' '))
        .join(' | '),
    )
    .join('\n');
}
