import type { Body } from '../sdk/contract.js';
import type { HttpAnswer } from '../sdk/http-answer.js';
import { DocumentGoneError, ItemError, TransientSourceError } from '../sdk/errors.js';
import { ByteBudget } from './byte-budget.js';
import { ofOneItem } from './of-one-item.js';
import { refusalCode } from './slack-errors.js';
import type { SlackFile } from './slack-message.js';
import type { SlackSource } from './slack-source.js';

/** Kinds of files that contain text; `text/*` does, too. */
const READABLE = new Set([
  ...['application/json', 'application/xml', 'application/yaml', 'application/x-yaml'],
  ...['application/csv', 'application/xhtml+xml', 'application/pdf', 'application/x-pdf'],
]);
const OFFICE = /^application\/vnd\.(openxmlformats-officedocument\.|ms-\w+\.\w+\.macroenabled)/;
const MAX_REDIRECTS = 3;
/** Of a download whose size is not told. */
const FIRST_BUFFER_BYTES = 64 * 1024;

/** Downloads of all runs of the process together: many large files at once take its memory. */
const IN_FLIGHT = new ByteBudget(64 * 1024 * 1024);

/** Why a file is not read; null: it is. */
export function fileSkipReason(file: SlackFile, maxBytes: number): string | null {
  const { mode, mimetype = '', size, file_access } = file;
  if (mode === 'tombstone' || mode === 'hidden_by_limit') return `file_${mode}`;
  if (file.is_external || mode === 'external' || mode === 'remote') return 'file_external';
  if (file_access === 'check_file_info') return null;
  if (file_access === 'access_denied' || file_access === 'file_not_found') return 'file_no_access';
  const type = mediaTypeOf(mimetype);
  if (!type.startsWith('text/') && !READABLE.has(type) && !OFFICE.test(type)) return 'file_type';
  return size !== undefined && size > maxBytes ? 'file_too_large' : null;
}

/**
 * The bytes of a file.
 * @throws DocumentGoneError when it was deleted
 * @throws ItemError when it cannot be read
 */
export async function readFile(source: SlackSource, listed: SlackFile): Promise<Body> {
  const file = listed.url_private ? listed : await fileInfo(source, listed.id);
  const { url_private_download, url_private, mimetype = '', name } = file;
  const address = url_private_download ?? url_private;
  if (!address || !URL.canParse(address))
    throw new ItemError('file_without_address', 'Slack gives no address for the file.');
  const { max_file_bytes: most } = source.config;
  // Before the call, so that the answer does not wait unread.
  const bytes = await IN_FLIGHT.hold(Math.min(file.size ?? most, most), () =>
    ofOneItem(source.api, () => download(source, file, new URL(address))),
  );
  return { bytes, mediaType: mediaTypeOf(mimetype), ...(name && { fileName: name }) };
}

/** @throws DocumentGoneError when it was deleted */
export async function fileInfo({ api }: SlackSource, id: string): Promise<SlackFile> {
  try {
    return await api.file(id);
  } catch (error) {
    const code = refusalCode(error);
    if (code === 'file_not_found' || code === 'file_deleted')
      throw new DocumentGoneError('The file was deleted.');
    throw error;
  }
}

async function download(
  { api, config }: SlackSource,
  file: SlackFile,
  start: URL,
): Promise<Uint8Array> {
  let url = start;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    // The token goes along, so only to Slack.
    if (!api.isTrusted(url))
      throw new ItemError('file_elsewhere', `The file lies on ${url.hostname}, not at Slack.`);
    const found = await api.download(file.id, url, (response) =>
      bytesOrRedirect(response, file, url, config.max_file_bytes),
    );
    if (!(found instanceof URL)) return found;
    url = found;
  }
  throw new ItemError('file_redirects', 'Slack sends the download round in circles.');
}

async function bytesOrRedirect(
  response: HttpAnswer,
  file: SlackFile,
  url: URL,
  maxBytes: number,
): Promise<Uint8Array | URL> {
  const { status, headers } = response;
  const type = mediaTypeOf(headers.get('content-type') ?? '');
  const location = headers.get('location');
  if (status >= 300 && status < 400 && location !== null) {
    await response.body?.cancel();
    if (!URL.canParse(location, url.href))
      throw new ItemError('file_without_address', 'The download leads to no address.');
    const target = new URL(location, url);
    if (isLogin(target)) throw loginError();
    return target;
  }
  if (status >= 500) {
    await response.body?.cancel();
    throw new TransientSourceError(`http_${status}`, `Slack answered with status ${status}.`);
  }
  if (status === 404 || status === 410) throw new DocumentGoneError('The file was deleted.');
  if (status !== 200) throw new ItemError('file_refused', `Slack answered with status ${status}.`);
  if (type === 'text/html' && mediaTypeOf(file.mimetype ?? '') !== 'text/html') {
    await response.body?.cancel();
    throw loginError();
  }
  return readBytes(response, maxBytes, file.size);
}

/** Without the right to read files, Slack shows its sign-in page. */
function loginError(): ItemError {
  const message = 'Slack shows its sign-in page instead of the file: the app may lack files:read.';
  return new ItemError('file_not_accessible', message);
}

function isLogin({ pathname, searchParams }: URL): boolean {
  return (
    /^\/(signin|login|ssb\/signin|workspace-signin|$)/.test(pathname) || searchParams.has('redir')
  );
}

/** Into one buffer, which is as large as Slack says that the file is. */
async function readBytes(
  response: HttpAnswer,
  maxBytes: number,
  expected: number | undefined,
): Promise<Uint8Array> {
  let buffer = Buffer.allocUnsafeSlow(Math.min(expected || FIRST_BUFFER_BYTES, maxBytes));
  let size = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    const end = size + part.byteLength;
    if (end > maxBytes) throw new ItemError('too_large', `larger than ${maxBytes} bytes`);
    if (end > buffer.byteLength) {
      const larger = Buffer.allocUnsafeSlow(Math.min(maxBytes, Math.max(end, 2 * size)));
      larger.set(buffer.subarray(0, size));
      buffer = larger;
    }
    buffer.set(part, size);
    size = end;
  }
  if (expected !== undefined && expected > 0 && size < expected)
    throw new TransientSourceError('file_cut_short', 'The download ended before the file did.');
  return buffer.subarray(0, size);
}

const mediaTypeOf = (header: string): string => header.split(';')[0]!.trim().toLowerCase();
