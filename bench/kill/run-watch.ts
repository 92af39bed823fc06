import pg from 'pg';

interface RunNow {
  id: string;
  state: string;
  owner: string | null;
}

/**
 * Looks at the runs ten times a second from outside, to see how long a run stands still after its
 * worker was killed.
 */
export class RunWatch {
  /** Milliseconds from a kill until another worker had the run. */
  readonly resumes: number[] = [];
  private readonly orphans = new Map<string, { owner: string; since: number }>();
  private looking = Promise.resolve();
  private readonly timer: NodeJS.Timeout;

  private constructor(private readonly client: pg.Client) {
    this.timer = setInterval(() => {
      this.looking = this.looking.then(() => this.look());
    }, 100);
  }

  static async start(url: string): Promise<RunWatch> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return new RunWatch(client);
  }

  /** To be called right after a worker was killed; answers how many runs it had. */
  async killed(pid: number): Promise<number> {
    const { rows } = await this.client.query<RunNow>(
      `select id, lease_owner as owner from runs
       where state = 'running' and lease_owner like '%:' || $1 || ':%'`,
      [pid],
    );
    for (const { id, owner } of rows)
      this.orphans.set(id, { owner: owner!, since: performance.now() });
    return rows.length;
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
    await this.client.end();
  }

  private async look(): Promise<void> {
    if (this.orphans.size === 0) return;
    const { rows } = await this.client.query<RunNow>(
      `select id, state, lease_owner as owner from runs where id = any($1::uuid[])`,
      [[...this.orphans.keys()]],
    );
    for (const { id, state, owner } of rows) {
      const orphan = this.orphans.get(id)!;
      const isTaken = state === 'running' && owner !== orphan.owner;
      if (!isTaken && ['running', 'queued', 'waiting'].includes(state)) continue;
      this.resumes.push(performance.now() - orphan.since);
      this.orphans.delete(id);
    }
  }
}
