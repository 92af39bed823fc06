import { fromBlocks } from './blocks.js';
import { asList, asObject, asText, type JsonObject } from './json-object.js';
import { fromMrkdwn, linkText } from './mrkdwn.js';
import type { Names } from './names.js';

/** Link previews, shared messages and cards of apps: docs.slack.dev/legacy/legacy-messaging. */
export function fromAttachments(attachments: unknown, names: Names): string[] {
  return asList(attachments)
    .map((attachment) => fromAttachment(attachment, names))
    .filter((text) => text !== '');
}

function fromAttachment(attachment: JsonObject, names: Names): string {
  const mrkdwn = (key: string): string => fromMrkdwn(asText(attachment[key]), names).trim();
  const title = mrkdwn('title');
  const titleLink = asText(attachment.title_link) || asText(attachment.from_url);
  const blocks = fromBlocks(attachment.blocks, names) || fromMessageBlocks(attachment, names);
  const author = attachment.is_msg_unfurl === true ? mrkdwn('author_name') : '';
  const text = blocks || mrkdwn('text');
  const lines = [
    mrkdwn('pretext'),
    title && (titleLink ? linkText(titleLink, title) : title),
    author && text ? `${author}: ${text}` : text,
    ...asList(attachment.fields).map((field) => fromField(field, names)),
    ...asList(attachment.files).map((file) => asText(file.title) || asText(file.name)),
  ].filter((line) => line !== '');
  return lines.length > 0 ? lines.join('\n') : mrkdwn('fallback');
}

/** A shared message carries its blocks one level down. */
function fromMessageBlocks(attachment: JsonObject, names: Names): string {
  return asList(attachment.message_blocks)
    .map((it) => fromBlocks(asObject(it.message).blocks, names))
    .filter(Boolean)
    .join('\n');
}

function fromField(field: JsonObject, names: Names): string {
  const title = fromMrkdwn(asText(field.title), names).trim();
  const value = fromMrkdwn(asText(field.value), names).trim();
  return title && value ? `${title}: ${value}` : title || value;
}
