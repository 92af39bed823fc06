import type { CampaignReport } from './campaign.js';

interface KindSummary {
  readonly rounds: number;
  readonly slowestRecoverySeconds: number;
}

/** A campaign in figures; `wrong` is empty when nothing was lost. */
export function summary(report: CampaignReport): object {
  const kinds: Record<string, KindSummary> = {};
  for (const { kind, recoveryMs } of report.rounds) {
    const { rounds, slowestRecoverySeconds } = kinds[kind] ?? {
      rounds: 0,
      slowestRecoverySeconds: 0,
    };
    kinds[kind] = {
      rounds: rounds + 1,
      slowestRecoverySeconds: Math.max(slowestRecoverySeconds, recoveryMs / 1000),
    };
  }
  return { ...report, rounds: report.rounds.length, kinds };
}
