import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Corpus } from '../support/corpus.js';
import type { Act, Ledger } from './ledger.js';
import type { Answer, Member } from './member.js';
import { InVain } from './until.js';

export const COLLECTION = 'chaos';
const MEMORIES = `/v1/memory/collections/${COLLECTION}/memories`;

const LANES = 3;
const PAUSE_MS = 25;
const AGAIN_MS = 300;
const MOST_OPEN = 30;
const WORDS = 16;
const BULK = 20;
const ANSWERED_WITHIN_MS = 20_000;

/** Refusals and failures after which the same request may succeed. */
const isPassing = ({ status, code }: Answer): boolean =>
  status >= 500 || status === 429 || code === 'idempotency_in_progress';

/**
 * Clients that add, change and delete memories without end, through whichever API answers. Only
 * an answer of success counts; whatever else comes, the same request is sent again.
 */
export class Writer {
  private lanes: Promise<void>[] = [];
  private isStopped = true;
  private readonly inFlight = new Set<Act>();
  /** What a client may never be answered. */
  readonly wrong: string[] = [];
  /** How often each refusal was heard. */
  readonly refusals = new Map<string, number>();

  constructor(
    private readonly ledger: Ledger,
    private readonly apis: () => readonly Member[],
    private readonly corpus: Corpus,
    private readonly random: () => number,
  ) {}

  start(): void {
    this.isStopped = false;
    this.lanes = Array.from({ length: LANES }, () => this.lane());
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all(this.lanes);
  }

  /** Sends what is open until nothing is. @throws InVain */
  async settleAll(withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (this.ledger.open.size > 0) {
      for (const act of this.ledger.open) await this.attempt(act);
      const codes = [...this.ledger.open].map(({ code, kind }) => `${kind}: ${code}`);
      if (performance.now() > deadline)
        throw new InVain(`${codes.length} writes are never acknowledged (${codes.join(', ')})`);
      if (codes.length > 0) await pause(AGAIN_MS);
    }
  }

  /** Sends an addition once; it is left open unless it succeeds. */
  async addOnce(count: number): Promise<{ act: Act; answer: Answer | null }> {
    const act = this.addition(count);
    return { act, answer: await this.attempt(act) };
  }

  private async lane(): Promise<void> {
    while (!this.isStopped) {
      const open = [...this.ledger.open].filter((act) => !this.inFlight.has(act));
      const isAgain = this.ledger.open.size >= MOST_OPEN || this.random() < 0.2;
      const again = isAgain ? open[Math.floor(this.random() * open.length)] : undefined;
      const act = again ?? this.nextAct();
      const answer = await this.attempt(act);
      await pause(answer !== null && answer.status < 300 ? PAUSE_MS : AGAIN_MS);
    }
  }

  private nextAct(): Act {
    const dice = this.random();
    const id = dice < 0.4 ? this.pick() : undefined;
    const key = randomUUID();
    if (id === undefined) return this.addition(dice > 0.9 ? BULK : 1);
    return dice < 0.15
      ? { kind: 'delete', key, id, texts: [], tries: 0, code: null }
      : { kind: 'update', key, id, texts: [this.corpus.text(WORDS)], tries: 0, code: null };
  }

  private addition(count: number): Act {
    const texts = Array.from({ length: count }, () => this.corpus.text(WORDS));
    return { kind: 'add', key: randomUUID(), texts, tries: 0, code: null };
  }

  /** A memory that no open write is about. */
  private pick(): string | undefined {
    const { live } = this.ledger;
    const ids = [...live.keys()];
    const id = ids[Math.floor(this.random() * ids.length)];
    return id === undefined || this.ledger.unsure().has(id) ? undefined : id;
  }

  private async attempt(act: Act): Promise<Answer | null> {
    this.ledger.open.add(act);
    this.inFlight.add(act);
    act.tries += 1;
    const answer = await this.send(act).catch(() => null);
    this.inFlight.delete(act);
    act.code = answer?.code ?? null;
    if (answer === null || isPassing(answer)) {
      const what = answer === null ? 'no answer' : `${answer.status} ${answer.code}`;
      this.refusals.set(what, (this.refusals.get(what) ?? 0) + 1);
      return answer;
    }
    // The first try has deleted it, and its answer was lost.
    const isGone = act.kind === 'delete' && act.tries > 1 && answer.code === 'memory_not_found';
    if (answer.status >= 300 && !isGone) {
      this.ledger.open.delete(act);
      this.wrong.push(`${act.kind} ${act.id ?? ''}: ${answer.status} ${answer.text}`);
      return answer;
    }
    const { id, ids } = (answer.body ?? {}) as { id?: string; ids?: string[] };
    this.ledger.settle(act, ids ?? (id === undefined ? [] : [id]));
    return answer;
  }

  private send({ kind, key, id, texts }: Act): Promise<Answer> {
    const apis = this.apis();
    const api = apis[Math.floor(this.random() * apis.length)]!;
    const sending = { idempotencyKey: key, patienceMs: ANSWERED_WITHIN_MS };
    const [text] = texts;
    if (kind === 'delete') return api.send('DELETE', `${MEMORIES}/${id}`, sending);
    if (kind === 'update')
      return api.send('PATCH', `${MEMORIES}/${id}`, { ...sending, body: { text } });
    if (texts.length === 1) return api.send('POST', MEMORIES, { ...sending, body: { text } });
    const body = texts.map((one) => ({ text: one }));
    return api.send('POST', `${MEMORIES}/bulk`, { ...sending, body });
  }
}
