import { type Connector, defineConnector, type Page } from '../sdk/contract.js';
import type { Fetch } from '../sdk/http-answer.js';
import { mapConcurrently } from '../sdk/map-concurrently.js';
import { quickFetch } from '../sdk/quick-fetch.js';
import { auditLane } from './audit-lane.js';
import { channelOf, isOutOfReach, listPartitions } from './channels.js';
import { historyLane } from './history-lane.js';
import { lanePage } from './lane-page.js';
import { fetchDocument, verdictOn } from './look-up.js';
import { newestLane } from './newest-lane.js';
import { permalinkedIds } from './permalinked.js';
import { plan } from './plan.js';
import { probe } from './probe.js';
import { SLACK_API_URL } from './slack-api.js';
import { MAX_FILE_BYTES, SlackConfig, SlackCredentials } from './slack.config.js';
import { SlackSources } from './slack-source.js';

export interface SlackConnectorOptions {
  /** Where Slack's API was moved to, with `/api/`; null: Slack itself. */
  readonly apiUrl: string | null;
  readonly fetch?: Fetch;
  /** Messages asked for with one call; 999 is the most that Slack gives. */
  readonly pageMessages?: number;
}

const CONCURRENT_LOOKUPS = 4;
const MAX_PAGE_MESSAGES = 999;

/**
 * Channels of a Slack workspace. A document is a thread, a stretch of messages outside threads, or
 * a file; a partition is a channel (docs/guides/connect-slack.md).
 */
export function slackConnector({
  apiUrl,
  fetch = quickFetch,
  pageMessages = MAX_PAGE_MESSAGES,
}: SlackConnectorOptions): Connector<SlackConfig, SlackCredentials> {
  const sources = new SlackSources({ apiUrl: apiUrl ?? SLACK_API_URL, fetch, pageMessages });

  return defineConnector({
    provider: 'slack',
    title: 'Slack',
    description: 'Threads, messages and files of the channels that a bot was invited to.',
    configSchema: SlackConfig,
    credentialsSchema: SlackCredentials,
    lanes: [
      { name: 'newest', kind: 'feed', checkpointVersion: 1 },
      { name: 'history', kind: 'feed', checkpointVersion: 1 },
      { name: 'audit', kind: 'feed', checkpointVersion: 1 },
    ],
    limits: { maxBodyBytes: MAX_FILE_BYTES, concurrentReads: 16 },
    followsRenamesByContent: false,
    titlesFromContent: false,

    async account(ctx) {
      const { teamId, team } = await (await sources.api(ctx)).identity();
      return { id: teamId, title: team };
    },

    probe: async (ctx) => probe(ctx, await sources.api(ctx), sources.estimates),

    async *partitions(ctx) {
      yield* listPartitions(await sources.open(ctx));
    },

    async *pull(ctx, partition, lane, checkpoint): AsyncGenerator<Page> {
      ctx.signal.throwIfAborted();
      const source = await sources.openWithNames(ctx);
      try {
        const channel = await channelOf(source, partition.key);
        if (lane === 'newest') yield* newestLane(source, channel, checkpoint);
        else if (lane === 'history') yield* historyLane(source, channel, checkpoint);
        else yield* auditLane(source, channel, checkpoint);
      } catch (error) {
        if (!isOutOfReach(error)) throw error;
        const gapReason = 'The channel is out of reach since the channels were listed.';
        // Without a page the lane would look complete.
        yield lanePage(checkpoint ?? {}, { gapReason });
      }
    },

    async verify(ctx, refs) {
      if (refs.length === 0) return [];
      const source = await sources.openWithNames(ctx);
      return mapConcurrently(refs, CONCURRENT_LOOKUPS, (ref) => {
        ctx.signal.throwIfAborted();
        return verdictOn(source, ref);
      });
    },

    async fetch(ctx, ref) {
      return fetchDocument(await sources.openWithNames(ctx), ref);
    },

    externalIdsOf: permalinkedIds,

    async plan(ctx, partitions) {
      return plan(await sources.open(ctx), partitions);
    },
  });
}
