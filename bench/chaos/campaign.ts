import { setTimeout as pause } from 'node:timers/promises';
import type { Fault } from './fault.js';
import { randomFrom } from '../support/random.js';
import { FAULTS } from './faults/all-faults.js';
import { Fleet, type FleetOptions } from './fleet.js';
import { failedRuns, untilQuiet, wrongSearches } from './quiet.js';
import { differences } from './truth.js';

const MOST_SHOWN = 20;
/** Before a fault, at most. */
const LEAD_MS = 1500;

export interface CampaignOptions extends FleetOptions {
  readonly rounds: number;
  /** All that are possible where none are named. */
  readonly kinds?: readonly string[];
  /** Each round waits for all that the one before has left, e.g. claims of killed processes. */
  readonly strict: boolean;
  readonly onRound?: (round: Round) => void;
}

export interface Round {
  readonly number: number;
  readonly kind: string;
  readonly told: readonly string[];
  readonly faultMs: number;
  /** From the end of the fault until nothing was left to do. */
  readonly recoveryMs: number;
  /** What of it took longest. */
  readonly awaited: string;
  /** What is wrong afterwards. */
  readonly wrong: readonly string[];
}

export interface CampaignReport {
  readonly rounds: readonly Round[];
  readonly acknowledged: number;
  readonly memories: number;
  readonly documents: number;
  /** Answers other than success that clients got, and how often. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
}

/**
 * Fault after fault, in an order and at moments that follow from the seed, while clients write and
 * a folder syncs. Ends with the first round after which something is wrong.
 */
export async function campaign(options: CampaignOptions): Promise<CampaignReport> {
  const fleet = await Fleet.start(options);
  const rounds: Round[] = [];
  try {
    fleet.writer.start();
    await fleet.sync();
    await pause(LEAD_MS);
    await fleet.writer.stop();
    await untilQuiet(fleet, true);
    for (const { fault, leadMs } of order(fleet, options)) {
      const lead = { number: rounds.length + 1, leadMs };
      const round = await play(fleet, fault, lead, options.strict);
      rounds.push(round);
      options.onRound?.(round);
      if (round.wrong.length > 0) break;
    }
    const last = rounds.at(-1)?.wrong ?? [];
    const wrong = last.length > 0 ? last : (await aftermath(fleet, true)).wrong;
    return {
      rounds,
      acknowledged: fleet.ledger.acknowledged,
      memories: fleet.ledger.live.size,
      documents: fleet.folder.files.size,
      refusals: Object.fromEntries(fleet.writer.refusals),
      wrong,
    };
  } finally {
    await fleet.remove();
  }
}

/** Which fault comes when: every kind before any comes again. */
function order(
  fleet: Fleet,
  { kinds, rounds, seed }: CampaignOptions,
): { fault: Fault; leadMs: number }[] {
  // Of its own: how often the others draw depends on how fast this machine is.
  const random = randomFrom(seed);
  const chosen = kinds?.map((kind) => {
    const fault = FAULTS.find((one) => one.kind === kind);
    if (!fault) throw new Error(`no fault is called ${kind}`);
    return fault;
  });
  const possible = (chosen ?? FAULTS).filter((fault) => fault.isPossible(fleet));
  const played: { fault: Fault; leadMs: number }[] = [];
  while (played.length < rounds) {
    const deck = [...possible];
    while (deck.length > 0 && played.length < rounds) {
      const [fault] = deck.splice(Math.floor(random() * deck.length), 1);
      played.push({ fault: fault!, leadMs: random() * LEAD_MS });
    }
  }
  return played;
}

async function play(
  fleet: Fleet,
  fault: Fault,
  { number, leadMs }: { number: number; leadMs: number },
  strict: boolean,
): Promise<Round> {
  const { kind, idle = false } = fault;
  let told: string[] = [];
  try {
    if (!idle) {
      fleet.folder.edit();
      await fleet.sync();
      fleet.writer.start();
      await pause(leadMs);
    }
    const begun = performance.now();
    const ongoing = await fault.begin(fleet);
    told = await ongoing.told();
    await pause(Math.max(0, ongoing.lastsMs - (performance.now() - begun)));
    await ongoing.end();
    const healed = performance.now();
    await fleet.writer.stop();
    await ongoing.over?.();
    const { quiet, awaited, wrong } = await aftermath(fleet, strict);
    const times = { faultMs: Math.round(healed - begun), recoveryMs: Math.round(quiet - healed) };
    return { number, kind, told, ...times, awaited, wrong };
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const wrong = [why, ...complaints(fleet)];
    return { number, kind, told, faultMs: 0, recoveryMs: 0, awaited: '', wrong };
  }
}

/** When nothing was left to do, and what is wrong then. @throws InVain */
async function aftermath(
  fleet: Fleet,
  strict: boolean,
): Promise<{ quiet: number; awaited: string; wrong: string[] }> {
  const awaited = await untilQuiet(fleet, strict);
  const quiet = performance.now();
  // A run that had begun before the last edit of a file owes it nothing.
  await fleet.sync();
  await untilQuiet(fleet, strict);
  const wrong = [
    ...fleet.writer.wrong,
    ...(await failedRuns(fleet)),
    ...(await differences(fleet.env, fleet)),
    ...(await wrongSearches(fleet)),
  ];
  return { quiet, awaited, wrong: wrong.slice(0, MOST_SHOWN) };
}

/** The last that each process complained of, to find out why something is wrong. */
function complaints(fleet: Fleet): string[] {
  return fleet.all.flatMap(({ name, log, isRunning }) => [
    ...(isRunning ? [] : [`${name} has ended`]),
    ...log
      // What is no log entry is what Node prints about a process that crashes.
      .filter((line) => !line.startsWith('{') || /"level":"(error|warn)"/.test(line))
      .slice(-5)
      .map((line) => `${name}: ${line.slice(0, 600)}`),
  ]);
}
