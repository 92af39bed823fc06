import { replaceEmoji } from './emoji.js';
import type { Names } from './names.js';

/** Slack's text format as plain text: https://docs.slack.dev/messaging/formatting-message-text */
export function fromMrkdwn(text: string, names: Names): string {
  const pieces = text.split(/(<[^<>]*>)/);
  return pieces
    .map((piece) =>
      piece.startsWith('<') && piece.endsWith('>')
        ? fromReference(piece.slice(1, -1), names)
        : unescapeText(replaceEmoji(piece)),
    )
    .join('');
}

/** `&amp;` last, so that `&amp;lt;` stays the `&lt;` that was written. */
export function unescapeText(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** `text (address)`, or the address alone where the text says no more than it. */
export function linkText(url: string, text: string | undefined): string {
  const shown = text?.trim();
  const isAddress = (it: string): boolean => url.replace(/^(https?:\/\/|mailto:|tel:)/, '') === it;
  if (!shown || shown === url || isAddress(shown)) return url.replace(/^(mailto|tel):/, '');
  return `${shown} (${url})`;
}

function fromReference(reference: string, names: Names): string {
  const [target = '', ...labels] = reference.split('|');
  const label = labels.length > 0 ? unescapeText(labels.join('|')) : undefined;
  if (target.startsWith('@')) return `@${names.user(target.slice(1))}`;
  if (target.startsWith('#')) return `#${label || names.channel(target.slice(1))}`;
  if (target.startsWith('!')) return fromCommand(target.slice(1), label, names);
  return linkText(unescapeText(target), label === undefined ? undefined : replaceEmoji(label));
}

/** `!here`, `!subteam^S1`, `!date^1392734382^{date}^link`. */
function fromCommand(command: string, label: string | undefined, names: Names): string {
  const [name = '', id = ''] = command.split('^');
  if (name === 'subteam') return `@${label?.replace(/^@/, '') || names.userGroup(id)}`;
  if (name === 'date') return label ?? id;
  return `@${label?.replace(/^@/, '') || name}`;
}
