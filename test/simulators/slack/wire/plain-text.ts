import { shownName } from '../model/people.js';
import type { Workspace } from '../model/workspace.js';
import { parseRichText, type Inline } from './rich-text.js';

export interface PlainText {
  /** As a person reads it, mentions by name. */
  readonly text: string;
  /** Pieces that any faithful rendering contains verbatim, whatever it does with markup. */
  readonly fragments: readonly string[];
  readonly links: readonly string[];
}

/** Reads wire mrkdwn as a person does. */
export function plainText(workspace: Workspace, mrkdwn: string): PlainText {
  const fragments: string[] = [];
  const links: string[] = [];
  const read = (inline: Inline): string => {
    const text = inlineText(workspace, inline);
    if (inline.type === 'link') links.push(inline.url);
    if (inline.type === 'text') fragments.push(...text.split('\n'));
    else if (inline.type === 'link') fragments.push(inline.label ?? inline.url);
    else if (inline.type !== 'emoji' && inline.type !== 'broadcast') fragments.push(text.slice(1));
    return text;
  };
  const lines = parseRichText(mrkdwn).map((block) => {
    if (block.type === 'preformatted') {
      fragments.push(...block.text.split('\n'));
      return block.text;
    }
    if (block.type === 'list') {
      return block.items.map((item) => `- ${item.map(read).join('')}`).join('\n');
    }
    return block.content.map(read).join('');
  });
  return {
    text: lines.join('\n'),
    fragments: fragments
      .map((piece) => piece.trim())
      .filter((piece) => /[\p{L}\p{N}]/u.test(piece)),
    links,
  };
}

function inlineText({ users, channels, userGroups }: Workspace, inline: Inline): string {
  switch (inline.type) {
    case 'text':
      return inline.text;
    case 'user': {
      const user = users.get(inline.userId);
      return `@${user === undefined ? inline.userId : shownName(user)}`;
    }
    case 'channel':
      return `#${channels.get(inline.channelId)?.name ?? inline.channelId}`;
    case 'usergroup':
      return `@${userGroups.get(inline.groupId)?.handle ?? inline.groupId}`;
    case 'broadcast':
      return `@${inline.range}`;
    case 'link':
      return inline.label === null ? inline.url : `${inline.label} (${inline.url})`;
    case 'emoji':
      return `:${inline.name}:`;
  }
}
