import type { SlackMessage } from '../model/message.js';
import { parseRichText, type Inline, type RichBlock } from './rich-text.js';

export type Json = Record<string, unknown>;

/** The blocks of a message: rich_text for people, section, context and actions for apps. */
export function blocksJson(message: SlackMessage): Json[] {
  const blockId = (message.at % 1_679_616).toString(36).padStart(4, '0');
  if (message.layout === 'section') return appBlocks(message.text, blockId);
  if (message.text === '') return [];
  return [
    {
      type: 'rich_text',
      block_id: blockId,
      elements: parseRichText(message.text).map(richBlockJson),
    },
  ];
}

function appBlocks(text: string, blockId: string): Json[] {
  return [
    { type: 'section', block_id: blockId, text: { type: 'mrkdwn', text, verbatim: false } },
    {
      type: 'context',
      block_id: `${blockId}c`,
      elements: [{ type: 'mrkdwn', text: 'Sent by an app', verbatim: false }],
    },
    {
      type: 'actions',
      block_id: `${blockId}a`,
      elements: [
        {
          type: 'button',
          action_id: 'open',
          text: { type: 'plain_text', text: 'Open', emoji: true },
        },
      ],
    },
  ];
}

function richBlockJson(block: RichBlock): Json {
  switch (block.type) {
    case 'section':
      return { type: 'rich_text_section', elements: block.content.map(inlineJson) };
    case 'quote':
      return { type: 'rich_text_quote', elements: block.content.map(inlineJson) };
    case 'preformatted':
      return {
        type: 'rich_text_preformatted',
        elements: [{ type: 'text', text: block.text }],
        border: 0,
      };
    case 'list':
      return {
        type: 'rich_text_list',
        style: block.style,
        indent: block.indent,
        border: 0,
        elements: block.items.map((item) => ({
          type: 'rich_text_section',
          elements: item.map(inlineJson),
        })),
      };
  }
}

function inlineJson(inline: Inline): Json {
  switch (inline.type) {
    case 'text':
      return {
        type: 'text',
        text: inline.text,
        ...(inline.style !== undefined && { style: { [inline.style]: true } }),
      };
    case 'user':
      return { type: 'user', user_id: inline.userId };
    case 'channel':
      return { type: 'channel', channel_id: inline.channelId };
    case 'usergroup':
      return { type: 'usergroup', usergroup_id: inline.groupId };
    case 'broadcast':
      return { type: 'broadcast', range: inline.range };
    case 'link':
      return {
        type: 'link',
        url: inline.url,
        ...(inline.label !== null && { text: inline.label }),
      };
    case 'emoji':
      return { type: 'emoji', name: inline.name };
  }
}
