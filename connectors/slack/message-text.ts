import { fromAttachments } from './attachments.js';
import { areRichTextOnly, fromBlocks } from './blocks.js';
import { linkText, fromMrkdwn } from './mrkdwn.js';
import type { Names } from './names.js';
import type { SlackFile, SlackMessage } from './slack-message.js';

/** Everything a person reads in a message, as plain text; '' when there is nothing to read. */
export function messageText(message: SlackMessage, names: Names): string {
  const parts = [
    wordsOf(message, names),
    ...fromAttachments(message.attachments, names),
    ...(message.files ?? []).map(fileText),
  ];
  const said: string[] = [];
  for (const part of parts.map((it) => it.trim()))
    if (part !== '' && !said.some((before) => says(before, part))) said.push(part);
  return said.join('\n');
}

/**
 * What was typed comes as text and as blocks; apps write a summary into the text, and blocks beside
 * it. The text is added to the blocks only where it says something else.
 */
function wordsOf(message: SlackMessage, names: Names): string {
  const blocks = fromBlocks(message.blocks, names);
  if (blocks !== '' && areRichTextOnly(message.blocks)) return blocks;
  const text = fromMrkdwn(message.text ?? '', names);
  if (blocks === '' || says(text, blocks)) return text;
  return says(blocks, text) ? blocks : `${text}\n${blocks}`;
}

/** The second text has no word, in order and number, that the first one lacks. */
function says(text: string, other: string): boolean {
  const words = (it: string): string =>
    it
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu)
      ?.join(' ') ?? '';
  const [all, part] = [words(text), words(other)];
  return part === '' ? text.includes(other) : ` ${all} `.includes(` ${part} `);
}

function fileText(file: SlackFile): string {
  if (file.mode === 'tombstone') return '[file: deleted]';
  if (file.mode === 'hidden_by_limit') return '[file: hidden by the limit of the plan]';
  const title = file.title?.trim() || file.name?.trim() || 'untitled';
  const url = file.permalink ?? file.external_url;
  return `[file: ${url === undefined ? title : linkText(url, title)}]`;
}
