import type { SeededRandom } from '../../support/seeded-random.js';

/**
 * Text in volume: sentences with figures that make each message findable, in the tone of a team at
 * work. Written from templates, so that a hundred thousand messages take no space here.
 */
const SERVICES = [
  'checkout',
  'billing',
  'search',
  'auth',
  'reports',
  'labels',
  'gateway',
  'mailer',
  'importer',
  'scheduler',
  'exports',
  'notifications',
  'webhooks',
  'catalogue',
];
const REGIONS = ['Frankfurt', 'Dublin', 'Virginia', 'Singapore', 'Zurich', 'Sydney'];
const METRICS = [
  'p99 latency',
  'error rate',
  'queue depth',
  'memory use',
  'cache hit rate',
  'cost per day',
  'build time',
];
const CAUSES = [
  'a missing index',
  'an expired token',
  'a retry storm',
  'clock skew',
  'a full disk',
  'a wrong time zone',
  'a stale cache',
  'an unpinned dependency',
  'a race on start',
  'a typo in the chart',
];
const TOOLS = [
  'dashboard',
  'runbook',
  'pipeline',
  'migration',
  'feature flag',
  'alert rule',
  'invoice template',
  'test plan',
  'onboarding list',
  'sales deck',
];
const EMOJI = ['eyes', 'white_check_mark', 'tada', 'thinking_face', 'pray', 'rocket'];

export interface Names {
  mention(random: SeededRandom): string;
  channel(random: SeededRandom): string;
}

type Template = (random: SeededRandom, names: Names) => string;

const ticket = (random: SeededRandom): string => `TRB-${random.between(1000, 99_999)}`;
const version = (random: SeededRandom): string =>
  `${random.between(1, 9)}.${random.between(0, 40)}.${random.between(0, 12)}`;
const link = (random: SeededRandom): string =>
  `<https://wiki.tributary.example/${random.text('abcdefghkmnpqrstuvwxyz', 6)}/${random.between(1, 999)}|notes>`;

const OPENERS: readonly Template[] = [
  (r, n) =>
    `${r.pick(SERVICES)} in ${r.pick(REGIONS)}: ${r.pick(METRICS)} went from ${r.between(2, 90)} to ${r.between(91, 900)} after version ${version(r)}. ${n.mention(r)} can you have a look?`,
  (r) =>
    `Proposal: we move the ${r.pick(TOOLS)} of ${r.pick(SERVICES)} to ${r.pick(REGIONS)} before the ${r.between(1, 28)}th. Estimate is ${r.between(2, 30)} person days, ticket ${ticket(r)}.`,
  (r, n) =>
    `Question about the ${r.pick(TOOLS)}: who owns it since ${n.mention(r)} changed teams? I found ${r.between(3, 80)} open items in ${ticket(r)}.`,
  (r) =>
    `Customer ${r.between(10_000, 99_999)} reports wrong totals in ${r.pick(SERVICES)}, screenshot and steps are in ${ticket(r)}.`,
  (r) =>
    `Done with ${ticket(r)}: ${r.pick(SERVICES)} ${version(r)} is in ${r.pick(REGIONS)}. The cause was ${r.pick(CAUSES)}.\n• rolled out in ${r.between(3, 55)} minutes\n• ${r.between(0, 9)} alerts, none of them real`,
  (r, n) =>
    `Reminder: the ${r.pick(TOOLS)} review is on ${r.pick(['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday'])} at ${r.between(9, 16)}:30. Agenda in ${link(r)}, follow-ups go to ${n.channel(r)}.`,
  (r) =>
    `Reproduced ${ticket(r)}:\n\`\`\`\n${r.pick(SERVICES)}: request ${r.text('0123456789abcdef', 12)} failed after ${r.between(100, 9000)} ms\ncaused by ${r.pick(CAUSES)}\n\`\`\``,
  (r, n) =>
    `Numbers of the week for ${r.pick(SERVICES)}: ${r.between(100, 9999)} requests per second at peak, ${r.between(1, 60)} deployments, ${r.between(0, 7)} rollbacks. Details in ${n.channel(r)}.`,
];

const ANSWERS: readonly Template[] = [
  (r) => `I think it is ${r.pick(CAUSES)}, seen before in ${ticket(r)}.`,
  (r, n) => `${n.mention(r)} knows this best. Last time it took ${r.between(2, 50)} minutes.`,
  (r) => `Agreed. Let us do it with version ${version(r)}.`,
  (r) =>
    `Measured again: ${r.between(1, 999)} ms in ${r.pick(REGIONS)}, so the ${r.pick(TOOLS)} is fine. :${r.pick(EMOJI)}:`,
  (r) => `Opened ${ticket(r)} for it and linked ${link(r)}.`,
  (r) => `Not before the ${r.between(1, 28)}th, ${r.pick(SERVICES)} has a freeze until then.`,
  (r) =>
    `&gt; ${r.pick(METRICS)} in ${r.pick(REGIONS)}\nThat graph shows ${r.between(2, 99)} % more since ${r.pick(CAUSES)} was fixed.`,
  (r) => `Tried \`${r.pick(SERVICES)} --retry ${r.between(1, 9)}\`, same result.`,
  (r) => `Works now with ${version(r)}, thanks! :${r.pick(EMOJI)}:`,
  (r) =>
    `*Decision*: we keep the ${r.pick(TOOLS)} until ${r.pick(SERVICES)} ${version(r)} and look at it again in ${r.between(2, 12)} weeks.`,
  (r, n) =>
    `Could you write that down? The ${r.pick(TOOLS)} in ${n.channel(r)} still says ${r.between(10, 400)}.`,
  (r) =>
    `Two options:\n1. fix ${r.pick(CAUSES)} in ${r.pick(SERVICES)}\n2. raise the limit to ${r.between(100, 5000)}`,
];

export function opener(random: SeededRandom, names: Names): string {
  return compose(random, names, OPENERS, [0.62, 0.86, 0.95]);
}

export function answer(random: SeededRandom, names: Names): string {
  return compose(random, names, ANSWERS, [0.5, 0.82, 0.93]);
}

/** One to five pieces, mostly one: most messages are short, some are long. */
function compose(
  random: SeededRandom,
  names: Names,
  templates: readonly Template[],
  steps: readonly number[],
): string {
  const draw = random.next();
  const pieces = 1 + steps.filter((step) => draw > step).length + (draw > 0.985 ? 4 : 0);
  let text = random.pick(templates)(random, names);
  for (let i = 1; i < pieces; i++) {
    text += `\n${random.pick(templates)(random, names)}`;
  }
  return text;
}

export function alertText(random: SeededRandom): { title: string; text: string; value: string } {
  const service = random.pick(SERVICES);
  return {
    title: `${service}: ${random.pick(METRICS)} above limit (${random.between(100, 999)})`,
    text: `Since ${random.between(1, 59)} minutes in ${random.pick(REGIONS)}, alert ${random.text('0123456789abcdef', 8)}`,
    value: `${random.pick(['warning', 'critical', 'resolved'])} ${random.between(1, 9999)}`,
  };
}

export function buildText(random: SeededRandom): string {
  const outcome = random.pick(['passed', 'failed', 'was cancelled']);
  return `Build ${random.between(10_000, 99_999)} of *${random.pick(SERVICES)}* ${outcome} after ${random.between(2, 25)} minutes (${version(random)}).`;
}

export function documentText(random: SeededRandom): string {
  const service = random.pick(SERVICES);
  return [
    `${random.pick(TOOLS)} for ${service}, ${ticket(random)}.`,
    `The limit is ${random.between(10, 9000)} per minute in ${random.pick(REGIONS)}.`,
    `Known cause of trouble: ${random.pick(CAUSES)}.`,
  ].join(' ');
}

export const REACTIONS: readonly string[] = ['+1', 'eyes', 'tada', 'heart', 'white_check_mark'];
