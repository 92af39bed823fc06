import fc from 'fast-check';
import { Directory } from './directory.js';
import { dropReason } from './message-policy.js';
import { render } from './rendered-message.js';
import { fileDocument, sessionDocument, threadDocument } from './slack-documents.js';
import { isReply, isThread, type SlackFile } from './slack-message.js';
import type { SlackSource } from './slack-source.js';
import { wellFormedFiles, wellFormedMessages } from './well-formed.js';

const TS = '1700000000.000100';
const CHANNEL = { id: 'C1', name: 'general', isPrivate: false, isArchived: false };

const sourceOf = (bots: 'include' | 'exclude' | string[]) =>
  ({
    config: { bots },
    identity: { url: 'https://example.slack.com/' },
    names: new Directory(),
  }) as unknown as SlackSource;

const KEYS = [
  ...['thread_ts', 'subtype', 'user', 'username', 'bot_id', 'app_id', 'bot_profile', 'text'],
  ...['user_profile', 'blocks', 'attachments', 'files', 'edited', 'reply_count', 'reply_users'],
  ...['reply_users_count', 'latest_reply', 'reactions', 'root'],
];
const FILE_KEYS = [
  ...['id', 'name', 'title', 'mimetype', 'mode', 'size', 'permalink', 'created', 'timestamp'],
  ...['updated', 'edit_timestamp', 'user', 'shares', 'external_url', 'url_private'],
];

/** Names that code looks for, so that odd values come to stand where they are read. */
const INNER = [
  ...['type', 'text', 'elements', 'style', 'indent', 'offset', 'fields', 'rows', 'title', 'name'],
  ...['ts', 'id', 'display_name', 'real_name', 'app_id', 'message_blocks', 'blocks', 'files'],
  ...['unicode', 'timestamp', 'url', 'user_id', 'public', 'private', 'C1', 'mode', 'thread_ts'],
];
const KINDS = ['rich_text', 'rich_text_list', 'rich_text_section', 'section', 'table', 'date'];
const KNOWN = fc.constantFrom('emoji', 'ordered', 'context', 'bot_message', TS, 'tombstone');

const odd = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.jsonValue({ maxDepth: 1 }),
    fc.constantFrom(...KINDS),
    KNOWN,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...INNER), tie('value'), { maxKeys: 5 }),
  ),
})).value;

const objectOf = (keys: string[]) => fc.dictionary(fc.constantFrom(...keys), odd, { maxKeys: 8 });

describe('a message of odd shape', () => {
  it('is read without an error, whatever stands in its fields', () => {
    const bots = fc.constantFrom('include' as const, 'exclude' as const, ['B1']);
    fc.assert(
      fc.property(objectOf(KEYS), bots, (fields, kept) => {
        const [message] = wellFormedMessages([{ ...fields, ts: TS }]);
        const source = sourceOf(kept);
        expect(typeof render(message!, source.names).text).toBe('string');
        expect(dropReason(message!, kept)).toEqual(dropReason(message!, kept));
        expect([isReply(message!), isThread(message!)]).toHaveLength(2);
        const thread = threadDocument(source, CHANNEL, message!, { text: '', kind: 'messages' });
        expect(thread.times.updatedAt!.toISOString()).toContain('T');
        const session = sessionDocument(source, CHANNEL, [render(message!, source.names)]);
        expect(session.times.updatedAt!.toISOString()).toContain('T');
      }),
      { numRuns: 1_000 },
    );
  });

  it('loses what is odd and keeps what is not', () => {
    const read = (message: object) => wellFormedMessages([{ ts: TS, ...message }])[0];
    const good = { id: 'F1', title: 'Plan' };
    expect(read({ text: 5, user: 'U1' })).toEqual({ ts: TS, user: 'U1' });
    expect(read({ text: 'a', files: {} })).toEqual({ ts: TS, text: 'a' });
    expect(read({ files: [null, 5, good, { id: 5 }] })).toEqual({ ts: TS, files: [good] });
    expect(read({ bot_id: null, thread_ts: 'x' })).toEqual({ ts: TS });
    expect(read({ edited: { ts: 5 } })).toEqual({ ts: TS, edited: {} });
    expect(read({ reply_users: ['U1', null] })).toEqual({ ts: TS, reply_users: ['U1'] });
  });

  it('is no copy when nothing is odd', () => {
    const files = [{ id: 'F1', title: 'Plan', size: 3, shares: { public: { C1: [{ ts: TS }] } } }];
    const edited = { user: 'U1', ts: TS };
    const message = { ts: TS, text: 'a', user: 'U1', files, edited, reply_users: ['U1'] };
    expect(wellFormedMessages([message])[0]).toBe(message);
  });

  it.each([
    [null],
    [5],
    ['text'],
    [[]],
    [{}],
    [{ ts: 5 }],
    [{ ts: 'x' }],
    [{ ts: `9${'0'.repeat(20)}.0` }],
  ])('that is none, as %j, is left out', (message) => {
    expect(wellFormedMessages([message, { ts: TS }])).toEqual([{ ts: TS }]);
  });
});

describe('a file of odd shape', () => {
  it('is described without an error, whatever stands in its fields', () => {
    fc.assert(
      fc.property(objectOf(FILE_KEYS), (fields) => {
        for (const file of wellFormedFiles([{ id: 'F1', ...fields }, null, fields])) {
          const body = () => Promise.reject(new Error('not read'));
          const { times, metadata } = fileDocument(sourceOf('include'), CHANNEL, file, body);
          expect(times.updatedAt!.toISOString()).toContain('T');
          expect(typeof metadata.file_id).toBe('string');
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('stands beside others without harm', () => {
    const file: SlackFile = { id: 'F1' };
    expect(wellFormedFiles([null, file, 5, { title: 'no id' }])).toEqual([file]);
  });
});
