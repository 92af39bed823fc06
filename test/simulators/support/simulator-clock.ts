export interface TimeSource {
  now(): Date;
}

/** Time of a simulator: a source of time plus whatever it was told to advance. */
export class SimulatorClock implements TimeSource {
  private offset = 0;

  constructor(private readonly source: TimeSource) {}

  now(): Date {
    return new Date(this.ms());
  }

  /** Milliseconds since 1970. */
  ms(): number {
    return this.source.now().getTime() + this.offset;
  }

  advance(ms: number): void {
    this.offset += ms;
  }
}

/** Stands still, so that every run of a test sees the same times. */
export function fixedTime(at: Date): TimeSource {
  return { now: () => at };
}

export const realTime: TimeSource = { now: () => new Date() };
