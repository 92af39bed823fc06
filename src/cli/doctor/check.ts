import { reportError } from '../cli-error.js';

export interface Check {
  name: string;
  state: 'ok' | 'warn' | 'fail' | 'skip';
  message: string;
}

export function ok(name: string, message: string): Check {
  return { name, state: 'ok', message };
}

export function warn(name: string, message: string): Check {
  return { name, state: 'warn', message };
}

export function fail(name: string, message: string): Check {
  return { name, state: 'fail', message };
}

export function skip(name: string, message: string): Check {
  return { name, state: 'skip', message };
}

/** The check's result, or a failure that says what it threw. */
export async function attempt(name: string, work: () => Promise<Check>): Promise<Check> {
  try {
    return await work();
  } catch (error) {
    return fail(name, describeFailure(error));
  }
}

/** The message and code of an error, as `error: ...` would show them. */
export function describeFailure(error: unknown): string {
  const [first = 'interrupted'] = reportError(error).lines;
  return first.replace(/^error: /, '');
}
