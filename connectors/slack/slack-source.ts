import { createHash } from 'node:crypto';
import type { ConnectorContext } from '../sdk/context.js';
import type { Fetch } from '../sdk/http-answer.js';
import { ChannelEstimates } from './channel-estimates.js';
import { Directory } from './directory.js';
import { EmptyThreads } from './empty-threads.js';
import { type Identity, SlackApi } from './slack-api.js';
import type { SlackConfig, SlackCredentials } from './slack.config.js';
import type { AnsweredPages } from './read-session.js';
import type { UnfinishedThread } from './read-thread.js';
import { type RunAllowance, RunAllowances } from './run-allowances.js';
import { RunMemory } from './run-memory.js';
import { UnfinishedReads } from './unfinished-reads.js';

export type SlackContext = ConnectorContext<SlackConfig, SlackCredentials>;

/** Everything that reading one workspace takes. */
export interface SlackSource {
  readonly ctx: SlackContext;
  readonly config: SlackConfig;
  readonly api: SlackApi;
  readonly identity: Identity;
  readonly names: Directory;
  readonly memory: RunMemory;
  readonly unfinishedThreads: UnfinishedReads<UnfinishedThread>;
  readonly unfinishedSessions: UnfinishedReads<AnsweredPages>;
  readonly emptyThreads: EmptyThreads;
  readonly allowance: RunAllowance;
  readonly estimates: ChannelEstimates;
  /** Messages asked for with one call. */
  readonly pageMessages: number;
}

export interface SourceOptions {
  readonly apiUrl: string;
  readonly fetch: Fetch;
  readonly pageMessages: number;
}

interface KnownWorkspace {
  readonly identity: Identity;
  readonly names: Directory;
  readonly since: number;
  /** The run that listed them. */
  readonly run: string | null;
}

/** Names may be so old: a run that parks every minute must not list all members each time. */
const KEEP_MS = 15 * 60_000;
const MAX_KEPT = 32;

/** Opens workspaces, once per run; names are shared by the runs of a quarter of an hour. */
export class SlackSources {
  private readonly byRun = new WeakMap<SlackContext, Promise<SlackSource>>();
  private readonly kept = new Map<string, KnownWorkspace>();
  private readonly unfinishedThreads = new UnfinishedReads<UnfinishedThread>();
  private readonly unfinishedSessions = new UnfinishedReads<AnsweredPages>();
  private readonly emptyThreads = new EmptyThreads();
  private readonly allowances = new RunAllowances();
  readonly estimates = new ChannelEstimates();

  constructor(private readonly options: SourceOptions) {}

  /** The names may still be missing; see `openWithNames`. */
  open(ctx: SlackContext): Promise<SlackSource> {
    const known = this.byRun.get(ctx);
    if (known) return known;
    const opening = this.make(ctx);
    this.byRun.set(ctx, opening);
    // What failed is tried again by the next call, not remembered.
    opening.catch(() => this.byRun.delete(ctx));
    return opening;
  }

  async openWithNames(ctx: SlackContext): Promise<SlackSource> {
    const source = await this.open(ctx);
    await source.names.load(source.api);
    return source;
  }

  async api(ctx: SlackContext): Promise<SlackApi> {
    const { bot_token } = await ctx.credentials.get();
    return new SlackApi(ctx, bot_token, this.options.apiUrl, this.options.fetch);
  }

  private async make(ctx: SlackContext): Promise<SlackSource> {
    const api = await this.api(ctx);
    const { identity, names } = await this.workspace(ctx, api);
    const { pageMessages } = this.options;
    const memory = new RunMemory();
    const allowance = this.allowances.of(ctx.run, ctx.clock.now().getTime());
    const { unfinishedThreads, unfinishedSessions, emptyThreads, estimates } = this;
    const unfinished = { unfinishedThreads, unfinishedSessions };
    const kept = { ...unfinished, emptyThreads, allowance, estimates, memory };
    return { ctx, config: ctx.config, api, identity, names, ...kept, pageMessages };
  }

  private async workspace(ctx: SlackContext, api: SlackApi): Promise<KnownWorkspace> {
    const { bot_token } = await ctx.credentials.get();
    const key = createHash('sha256').update(bot_token).digest('base64');
    const now = ctx.clock.now().getTime();
    const known = this.kept.get(key);
    const isOld = !known || Math.abs(now - known.since) >= KEEP_MS;
    // What is to be read again in full is read with the names of now.
    if (!isOld && (!ctx.full || known.run === ctx.run)) return known;
    const identity = await api.identity();
    const workspace = { identity, names: new Directory(), since: now, run: ctx.run };
    this.kept.delete(key);
    this.kept.set(key, workspace);
    const [oldest] = this.kept.keys();
    if (this.kept.size > MAX_KEPT && oldest !== undefined) this.kept.delete(oldest);
    return workspace;
  }
}
