import type { ProbeResult } from '../sdk/contract.js';
import { AuthError, ConfigError, ConnectorError, RateLimitedError } from '../sdk/errors.js';
import type { ChannelEstimates } from './channel-estimates.js';
import { channelTypes, isWanted } from './channels.js';
import { SLOW_PAGE, SLOW_RETRY_AFTER_SECONDS, noteSlowTier, isSlowPage } from './slow-tier.js';
import type { Identity, MessagePage, SlackApi } from './slack-api.js';
import type { SlackChannel } from './slack-message.js';
import type { SlackConfig } from './slack.config.js';
import type { SlackContext } from './slack-source.js';

const SLOW_ADVICE =
  'Slack gives this app 15 messages a call and one call a minute, as it does to apps that are sold ' +
  'outside its Marketplace. A backfill takes about one minute per 15 messages and one per thread. ' +
  'An app that your workspace made for itself (docs/guides/connect-slack.md) is not slowed down.';

/** Runs all checks; what cannot be tried after a failure is skipped. */
export async function probe(
  ctx: SlackContext,
  api: SlackApi,
  estimates: ChannelEstimates,
): Promise<ProbeResult[]> {
  const results: ProbeResult[] = [];
  const identity = await check(results, 'token', async () => {
    const found = await api.identity();
    return { found, message: `The token belongs to the workspace ${found.team}.` };
  });
  if (!identity) return [...results, ...skipped(ctx.config)];
  results.push(...scopeChecks(identity, ctx.config));
  const channel = await check(results, 'channels', () => firstChannel(ctx, api));
  await historyChecks(ctx, api, channel, results, (limit, page) => {
    if (channel) estimates.note(identity.teamId, channel, limit, page);
  });
  await check(results, 'users', async () => {
    await api.users(undefined);
    return { found: true, message: 'Members can be listed, so authors have names.' };
  });
  if (ctx.config.files && channel)
    await check(results, 'files', async () => {
      await api.files(channel.id, Math.floor(ctx.clock.now().getTime() / 1000), null);
      return { found: true, message: 'Files can be listed.' };
    });
  return results;
}

interface Scope {
  readonly name: string;
  readonly purpose: string;
  readonly isOptional?: true;
}

/** What the configuration needs, and for what. */
function neededScopes(config: SlackConfig): Scope[] {
  return [
    { name: 'channels:read', purpose: 'to list public channels' },
    { name: 'channels:history', purpose: 'to read messages in public channels' },
    ...(config.private
      ? [
          { name: 'groups:read', purpose: 'to list private channels' },
          { name: 'groups:history', purpose: 'to read messages in private channels' },
        ]
      : []),
    { name: 'users:read', purpose: 'to show names of members' },
    { name: 'usergroups:read', purpose: 'to show names of user groups', isOptional: true },
    ...(config.files ? [{ name: 'files:read', purpose: 'to read files' }] : []),
    ...(config.join ? [{ name: 'channels:join', purpose: 'to join public channels' }] : []),
  ];
}

function scopeChecks({ scopes }: Identity, config: SlackConfig): ProbeResult[] {
  return neededScopes(config).map(({ name, purpose, isOptional }) => {
    const check = `scope_${name.replace(':', '_')}`;
    if (scopes === null)
      return { name: check, outcome: 'indeterminate', message: 'Slack did not name the scopes.' };
    if (scopes.includes(name))
      return { name: check, outcome: 'passed', message: `${name}: ${purpose}.` };
    const message = `The app lacks ${name}, needed ${purpose}. Add it and install the app again.`;
    return { name: check, outcome: isOptional ? 'indeterminate' : 'failed', message };
  });
}

async function firstChannel(ctx: SlackContext, api: SlackApi): Promise<Found<SlackChannel>> {
  let wanted: SlackChannel | undefined;
  let count = 0;
  for await (const channel of api.channels(ctx.config.channels, channelTypes(ctx.config))) {
    if (channel.is_member === false || !isWanted(channel, ctx.config)) continue;
    wanted ??= channel;
    count++;
  }
  const message =
    count > 0
      ? `${count} channels can be read.`
      : 'The bot is in no channel of the selection: invite it with /invite in a channel.';
  return { found: wanted, message };
}

async function historyChecks(
  ctx: SlackContext,
  api: SlackApi,
  channel: SlackChannel | undefined,
  results: ProbeResult[],
  found: (limit: number, page: MessagePage) => void,
): Promise<void> {
  if (!channel) {
    results.push(skip('history'), skip('slow_tier'));
    return;
  }
  // One more than the slow tier gives, so that a cut is seen.
  const limit = SLOW_PAGE + 1;
  let limited: RateLimitedError | undefined;
  const page = await check(results, 'history', async (): Promise<Found<MessagePage>> => {
    try {
      const found = await api.history({ channel: channel.id, limit });
      return { found, message: `Messages of #${channel.name ?? channel.id} can be read.` };
    } catch (error) {
      if (error instanceof RateLimitedError) limited = error;
      throw error;
    }
  });
  if (page) found(limit, page);
  results.push(await slowTier(ctx, limit, page, limited));
}

async function slowTier(
  ctx: SlackContext,
  limit: number,
  page: MessagePage | undefined,
  limited: RateLimitedError | undefined,
): Promise<ProbeResult> {
  const name = 'slow_tier';
  if (page && isSlowPage(limit, page)) {
    await noteSlowTier(ctx.calls, limit, page);
    // It works, only slowly: nobody is refused for it.
    return { name, outcome: 'indeterminate', message: SLOW_ADVICE };
  }
  if (limited) {
    const seconds = (limited.until.getTime() - ctx.clock.now().getTime()) / 1000;
    const isSlow = seconds >= SLOW_RETRY_AFTER_SECONDS;
    const message = isSlow
      ? `Slack asks to wait ${Math.round(seconds)} s. ${SLOW_ADVICE}`
      : limited.message;
    return { name, outcome: 'indeterminate', message };
  }
  if (!page) return skip(name);
  if (page.hasMore) return { name, outcome: 'passed', message: 'The app is not slowed down.' };
  const message = 'The channel is too short to tell whether Slack slows this app down.';
  return { name, outcome: 'indeterminate', message };
}

interface Found<Value> {
  readonly found: Value | undefined;
  readonly message: string;
}

/** A refusal is a result; a source that does not answer proves nothing. */
async function check<Value>(
  results: ProbeResult[],
  name: string,
  look: () => Promise<Found<Value>>,
): Promise<Value | undefined> {
  try {
    const { found, message } = await look();
    results.push({ name, outcome: found === undefined ? 'indeterminate' : 'passed', message });
    return found;
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    const isRefused = error instanceof AuthError || error instanceof ConfigError;
    const outcome = isRefused ? 'failed' : 'indeterminate';
    results.push({ name, outcome, message: error.message });
    return undefined;
  }
}

function skipped(config: SlackConfig): ProbeResult[] {
  const scopes = neededScopes(config).map(({ name }) => `scope_${name.replace(':', '_')}`);
  const files = config.files ? ['files'] : [];
  return [...scopes, 'channels', 'history', 'slow_tier', 'users', ...files].map(skip);
}

const skip = (name: string): ProbeResult => ({
  name,
  outcome: 'skipped',
  message: 'An earlier check did not pass.',
});
