import type { DocumentRef, Gone, SourceDocument, Verdict } from '../sdk/contract.js';
import { ConfigError, DocumentGoneError, ItemError, TransientSourceError } from '../sdk/errors.js';
import { fileDropReason } from './channel-files.js';
import { channelOf, isOutOfReach, isWanted } from './channels.js';
import { type DocumentId, parseDocumentId } from './document-id.js';
import { fileInfo, readFile } from './file-body.js';
import { readSession } from './read-session.js';
import { dropReason, isOfBotsOnly } from './message-policy.js';
import { holdsMessages, readThread, wholeThread } from './read-thread.js';
import { refusalCode } from './slack-errors.js';
import { type ChannelView, fileDocument, sharesIn } from './slack-documents.js';
import { isThread, type SlackFile } from './slack-message.js';
import type { SlackSource } from './slack-source.js';
import type { Timestamp } from './timestamp.js';

type State = Verdict['state'];

/**
 * Whether a document is still there, with one cheap call where possible. A channel that is out of
 * reach says nothing about its content: Slack answers alike for a deleted channel and for one that
 * the app may not see any more.
 */
export async function verdictOn(source: SlackSource, ref: DocumentRef): Promise<Verdict> {
  const { externalId } = ref;
  const state = await stateOf(source, externalId, async (id) => {
    const channel = await wantedChannel(source, id.channel);
    if (channel === null) return 'gone';
    if (id.kind === 'file') return fileState(source, channel, id.file);
    if (id.kind === 'session')
      return (await readSession(source, channel, id.ts)) ? 'alive' : 'gone';
    return (await isThreadThere(source, channel.id, id.ts)) ? 'alive' : 'gone';
  });
  return { externalId, state };
}

/**
 * Reads one document again.
 * @throws ItemError when it is there but cannot be read
 */
export async function fetchDocument(
  source: SlackSource,
  { externalId }: DocumentRef,
): Promise<SourceDocument | Gone> {
  let document: SourceDocument | null = null;
  const state = await stateOf(source, externalId, async (id) => {
    const channel = await wantedChannel(source, id.channel);
    if (channel !== null) document = await readDocument(source, channel, id);
    return document === null ? 'gone' : 'alive';
  });
  return document ?? { gone: true, state: state === 'lost_access' ? 'lost_access' : 'gone' };
}

/** A channel that is out of reach costs one look in a run, however many documents it holds. */
async function stateOf(
  { memory }: SlackSource,
  externalId: string,
  look: (id: DocumentId) => Promise<State>,
): Promise<State> {
  const id = parseDocumentId(externalId);
  if (!id) return 'gone';
  return memory.lookInto(id.channel, async () => {
    if (memory.lost.has(id.channel)) return 'lost_access';
    try {
      return await look(id);
    } catch (error) {
      if (error instanceof DocumentGoneError) return 'gone';
      if (isOutOfReach(error)) {
        // In a channel that can be read, what is refused is the file alone.
        const isOfFile = id.kind === 'file' && memory.inReach.has(id.channel);
        if (!isOfFile) memory.lost.add(id.channel);
        return 'lost_access';
      }
      if (error instanceof ConfigError && error.code === 'missing_scope') return 'lost_access';
      throw error;
    }
  });
}

/** null: the configuration leaves the channel out. */
async function wantedChannel(source: SlackSource, id: string): Promise<ChannelView | null> {
  const channel = await channelOf(source, id);
  const { config } = source;
  const isAllowed = config.private || !channel.isPrivate;
  return isAllowed && isWanted({ id, name: channel.name }, config) ? channel : null;
}

async function readDocument(
  source: SlackSource,
  channel: ChannelView,
  id: DocumentId,
): Promise<SourceDocument | null> {
  if (id.kind === 'thread') return wholeThread(source, channel, id.ts);
  if (id.kind === 'session') return readSession(source, channel, id.ts);
  const file = await listedFile(source, channel, id.file);
  if (!file) return null;
  const body = await readFile(source, file);
  return source.names.complete(source.api, () =>
    fileDocument(source, channel, file, () => Promise.resolve(body)),
  );
}

/**
 * Slack tells of files by themselves, whatever became of the channel.
 * @throws SlackRefusal when the channel cannot be read
 */
async function assertInReach({ api, memory }: SlackSource, channel: string): Promise<void> {
  if (memory.inReach.has(channel)) return;
  await api.history({ channel, limit: 1 });
  memory.inReach.add(channel);
}

/** What could not be listed is not missing: nothing is concluded from a listing without files. */
async function fileState(source: SlackSource, channel: ChannelView, id: string): Promise<State> {
  const gap = source.memory.filesGapOf(channel.id);
  if (source.config.files && gap?.isReadable) {
    await assertInReach(source, channel.id);
    return 'alive';
  }
  return (await listedFile(source, channel, id)) ? 'alive' : 'gone';
}

/** null: the channel does not show it any more, or its kind is not read. */
async function listedFile(
  source: SlackSource,
  channel: ChannelView,
  id: string,
): Promise<SlackFile | null> {
  if (!source.config.files) return null;
  await assertInReach(source, channel.id);
  const file = await fileInfo(source, id);
  const { names, api } = source;
  const reason = await names.complete(api, () => fileDropReason(source, file));
  if (reason !== null) return null;
  return file.shares === undefined || sharesIn(file, channel.id).length > 0 ? file : null;
}

/**
 * A deleted parent stays as a tombstone while it has replies. Where bots are left out, a parent that
 * is read proves the thread; else its replies have to.
 */
async function isThreadThere(
  source: SlackSource,
  channel: string,
  ts: Timestamp,
): Promise<boolean> {
  const { api, config, names } = source;
  const query = { channel, oldest: ts, latest: ts, inclusive: true, limit: 1 };
  const { messages } = await api.history(query);
  const parent = messages.find((message) => message.ts === ts);
  if (parent && !isThread(parent)) return false;
  if (parent && dropReason(parent, config.bots) === null) return true;
  if (config.bots !== 'include') {
    const isSure =
      parent && (await names.complete(api, () => isOfBotsOnly(parent, config.bots, names)));
    return !isSure && (await holdsAnything(source, channel, ts));
  }
  if (parent) return true;
  try {
    const replies = await api.replies({ channel, ts, limit: 2 });
    return replies.messages.some((message) => message.thread_ts === ts && message.ts !== ts);
  } catch (error) {
    if (refusalCode(error) === 'thread_not_found') return false;
    throw error;
  }
}

async function holdsAnything(
  source: SlackSource,
  channel: string,
  ts: Timestamp,
): Promise<boolean> {
  try {
    return holdsMessages(source, (await readThread(source, channel, ts)).messages);
  } catch (error) {
    // Slack fails at this thread alone, whatever else it serves: that proves nothing of it gone.
    if (error instanceof ItemError && error.cause instanceof TransientSourceError) return true;
    throw error;
  }
}
