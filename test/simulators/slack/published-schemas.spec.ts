import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Ajv, type ValidateFunction } from 'ajv';
import { ALL_METHODS } from './methods/all-methods.js';
import { apiCall } from './api-call.js';
import { startSlackSimulator, type SlackSimulator } from './slack-simulator.js';

const data = process.env.TRIBUTARY_TEST_DATA;

interface OpenApi {
  paths: Record<string, Record<string, { parameters?: { name: string; type: string }[] }>>;
}

interface Schemas {
  definitions: Record<string, { properties?: Record<string, unknown> }>;
}

/**
 * An answer as far as the client's types go. They do not describe what stands inside rich_text
 * sections and context blocks (https://docs.slack.dev/reference/block-kit/blocks), take the root of
 * a broadcast for a bot's message, and know no null. Roots are looked at as the messages they are.
 */
function asTyped(body: Readonly<Record<string, unknown>>): unknown {
  const messages = (body['messages'] ?? []) as Record<string, unknown>[];
  const roots = messages.flatMap(({ root }) => root ?? []);
  const flat = messages.map(({ root: _root, ...message }) => message);
  const { enterprise: _none, ...rest } = body;
  return strip({ ...rest, ...(messages.length > 0 && { messages: [...flat, ...roots] }) });
}

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  if (typeof value !== 'object' || value === null) return value;
  const { type } = value as { type?: string };
  const isSection = /^(context|rich_text_(section|quote|preformatted|list))$/.test(type ?? '');
  const entries = Object.entries(value).filter(([key]) => !(isSection && key === 'elements'));
  return Object.fromEntries(entries.map(([key, inner]) => [key, strip(inner)]));
}

/** Parameters that Slack has taken back or never documented, so that using them is a mistake. */
const DROPPED = new Set(['files.list cursor']);
/** The document calls timestamps numbers, and numbers of files.* strings. */
const SAME: Record<string, readonly string[]> = {
  timestamp: ['number', 'string'],
  integer: ['integer', 'string'],
  boolean: ['boolean'],
  string: ['string'],
};

if (!data) {
  describe.skip("Slack's published documents (skipped: TRIBUTARY_TEST_DATA is not set)", () => {
    it('needs the specs folder', () => undefined);
  });
} else {
  describe("Slack's OpenAPI document of 2021", () => {
    const zipped = readFileSync(join(data, 'specs/slack_web_openapi_v2.json.gz'));
    const document = JSON.parse(gunzipSync(zipped).toString('utf8')) as OpenApi;

    it.each([...ALL_METHODS.values()])('$name takes every parameter it names', (method) => {
      const [operation] = Object.values(document.paths[`/${method.name}`]!);
      for (const { name, type } of operation!.parameters ?? []) {
        if (name === 'token' || DROPPED.has(`${method.name} ${name}`)) continue;
        const rule = method.parameters[name];
        expect([method.name, name, rule?.type]).not.toContain(undefined);
        expect(SAME[rule!.type]).toContain(type);
      }
    });
  });

  describe("the types of Slack's client", () => {
    const schemas = JSON.parse(
      readFileSync(join(data, 'specs/slack-responses.schema.json'), 'utf8'),
    ) as Schemas;
    const ajv = new Ajv({ strict: false, allErrors: true });
    ajv.addSchema(schemas, 'slack');
    const checked = new Map<string, ValidateFunction>(
      Object.entries({
        'auth.test': 'AuthTestResponse',
        'conversations.history': 'ConversationsHistoryResponse',
        'conversations.info': 'ConversationsInfoResponse',
        'conversations.list': 'ConversationsListResponse',
        'conversations.members': 'ConversationsMembersResponse',
        'conversations.replies': 'ConversationsRepliesResponse',
        'files.info': 'FilesInfoResponse',
        'files.list': 'FilesListResponse',
        'oauth.v2.access': 'OauthV2AccessResponse',
        'team.info': 'TeamInfoResponse',
        'users.list': 'UsersListResponse',
      }).map(([method, name]) => [method, ajv.getSchema(`slack#/definitions/${name}`)!]),
    );
    let simulator: SlackSimulator;

    beforeAll(async () => {
      simulator = await startSlackSimulator({ messages: 1500 });
    });
    afterAll(() => simulator.close());

    async function check(method: string, params: Record<string, string> = {}): Promise<unknown> {
      const { body } = await apiCall(simulator, method, params);
      expect(body.error).toBeUndefined();
      const validate = checked.get(method)!;
      const valid = validate(asTyped(body));
      expect({ method, valid, errors: validate.errors }).toEqual({
        method,
        valid: true,
        errors: null,
      });
      return body;
    }

    it('allow what single calls answer', async () => {
      const { files, channels } = simulator.workspace.workspace;
      const [file] = files.keys();
      const [channel] = channels.keys();
      await check('auth.test');
      await check('team.info');
      await check('users.list');
      await check('conversations.list', { types: 'public_channel,private_channel' });
      await check('conversations.info', { channel: channel!, include_num_members: 'true' });
      await check('conversations.members', { channel: channel! });
      await check('files.info', { file: file! });
      await check('files.list', { count: '50' });
    });

    it('allow every message and every thread of a workspace', async () => {
      simulator.workspace.delete('general', await firstParent());
      let messages = 0;
      for (const { channel, ts, threadTs } of simulator.truth().messages) {
        if (messages++ % 40 === 0) await check('conversations.history', { channel, limit: '999' });
        if (ts === threadTs) await check('conversations.replies', { channel, ts });
      }
    });

    it('allow the answer to a code', async () => {
      const { clientId, clientSecret } = simulator.oauth;
      const request = { scopes: ['team:read'], redirectUri: null, challenge: null };
      const code = simulator.oauth.authorize(simulator.workspace.workspace, request);
      await check('oauth.v2.access', { client_id: clientId, client_secret: clientSecret, code });
    });

    it('know every key of the messages, or the client would not type it', async () => {
      const known = schemas.definitions['MessageElement']!.properties!;
      // Tombstones are `hidden`; the notices of renames carry the names. The client types neither.
      const untyped = ['hidden', 'name', 'old_name'];
      const channel = simulator.workspace.workspace.channel('incidents').id;
      const { messages } = (await check('conversations.history', { channel, limit: '999' })) as {
        messages: object[];
      };
      const keys = new Set(messages.flatMap((message) => Object.keys(message)));
      const unknown = [...keys].filter((key) => !(key in known) && !untyped.includes(key));
      expect(unknown).toEqual([]);
    });

    async function firstParent(): Promise<string> {
      const channel = simulator.workspace.workspace.channel('general').id;
      const { body } = await apiCall(simulator, 'conversations.history', { channel });
      const messages = body['messages'] as { ts: string; reply_count?: number }[];
      return messages.find(({ reply_count: replies }) => replies !== undefined)!.ts;
    }
  });
}
