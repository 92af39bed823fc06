import { slackConnector } from '../../../connectors/slack/slack.connector.js';
import { RunWakeup } from '../../../src/runs/run-wakeup.js';
import type { RunDetailAnswer } from '../../../src/runs/runs.schema.js';
import { SlackSourceEditor } from '../../integration/connectors/slack/slack-source-editor.js';
import type { SlackSimulator } from '../../simulators/slack/slack-simulator.js';
import type { EngineBench } from './engine-bench.js';
import type { SyncedSource } from './synced-source.js';

/** More than a test's channels hold, unless the simulator says so. */
const PAGE_MESSAGES = 999;

/** A workspace on the engine that can be put into the slow tier: one call a minute per method. */
export class SlowSlack {
  private constructor(
    readonly bench: EngineBench,
    readonly source: SyncedSource,
    readonly editor: SlackSourceEditor,
  ) {}

  static async attach(bench: EngineBench): Promise<SlowSlack> {
    const editor = await SlackSourceEditor.start(PAGE_MESSAGES);
    const { simulator, fetch } = editor;
    const source = await bench.attach({
      connector: slackConnector({ apiUrl: simulator.apiUrl, fetch, pageMessages: PAGE_MESSAGES }),
      config: {},
      credentials: { bot_token: simulator.token },
      editor,
      dispose: () => editor.stop(),
    });
    return new SlowSlack(bench, source, editor);
  }

  get simulator(): SlackSimulator {
    return this.editor.simulator;
  }

  /** From now on, as for an app that Slack does not list. */
  slowDown(): void {
    this.simulator.settings.slowTier = true;
    this.simulator.log.clear();
  }

  calls(method: 'history' | 'replies'): number {
    return this.simulator.log.count(`conversations.${method}`);
  }

  sql<Row>(statement: string, parameters: unknown[] = []): Promise<Row[]> {
    return this.bench.database.asSystem((tx) => tx.query<Row[]>(statement, parameters));
  }

  /** As if events had come for these documents. */
  async expect(ids: readonly string[]): Promise<void> {
    await this.sql(
      `insert into pending_refs (connection_id, external_id, cause, partition_key)
       select $1, id, 'webhook', split_part(id, ':', 1) from unnest($2::text[]) as id
       on conflict (connection_id, external_id) do update set not_before = now(),
         created_at = now()`,
      [this.source.connection, ids],
    );
  }

  async pendingRefs(): Promise<number> {
    const [row] = await this.sql<{ n: number }>(
      `select count(*)::int as n from pending_refs where connection_id = $1`,
      [this.source.connection],
    );
    return row!.n;
  }

  /**
   * Lets minutes pass until the run has ended.
   * @param most attempts after which it is as it is
   * @param everyMinute runs before each further attempt
   */
  async drive(
    id: string,
    most: number,
    everyMinute: () => Promise<void> = () => Promise.resolve(),
  ): Promise<RunDetailAnswer> {
    let run = await this.source.settled(id);
    while (run.status === 'waiting' && run.attempt < most) {
      await this.minute();
      await everyMinute();
      await this.sql(`update runs set run_at = now() where id = $1 and state = 'waiting'`, [id]);
      this.bench.app.nest.get(RunWakeup).notify();
      run = await this.source.settled(id, run.attempt + 1);
    }
    return run;
  }

  /** A minute passes for everybody; the budgets go by the time of the database. */
  async minute(): Promise<void> {
    this.simulator.advance(61_000);
    this.bench.clock.advance(61_000);
    await this.sql(`update rate_buckets set blocked_until = null, tokens = 1, updated_at = now()`);
  }
}
