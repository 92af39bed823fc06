export type Paint = (text: string) => string;

/** Colours and weights, or plain text where they are not wanted. */
export interface Style {
  bold: Paint;
  dim: Paint;
  good: Paint;
  warn: Paint;
  bad: Paint;
  accent: Paint;
}

const ESCAPE = '\u001b[';

export function styleFor(colours: boolean): Style {
  const paint =
    (code: number, end: number) =>
    (text: string): string =>
      colours && text !== '' ? `${ESCAPE}${code}m${text}${ESCAPE}${end}m` : text;
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    good: paint(32, 39),
    warn: paint(33, 39),
    bad: paint(31, 39),
    accent: paint(36, 39),
  };
}

/** https://no-color.org: any value but the empty one switches colours off. */
export function wantsColours(isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false;
  if (env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '') {
    return env['FORCE_COLOR'] !== '0';
  }
  return isTerminal && env['TERM'] !== 'dumb';
}

/** The colour of a run's, connection's or check's state. */
export function stateStyle(style: Style, state: string): Paint {
  if (['success', 'active', 'complete', 'ok', 'passed'].includes(state)) return style.good;
  if (['error', 'needs_auth', 'fail', 'failed'].includes(state)) return style.bad;
  if (['partial', 'paused', 'cancelled', 'incomplete', 'warn'].includes(state)) return style.warn;
  return style.accent;
}
