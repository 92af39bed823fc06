import type { CliContext } from '../context.js';
import type { RunDetailAnswer } from '../../runs/runs.schema.js';
import { toRunDetail } from '../../runs/run.mapper.js';
import type { RunRow, SkippedPartition } from '../../runs/run-row.js';
import { styleFor } from '../output/style.js';
import { runDetail } from './run-detail.js';

const context = {
  terminal: { width: 80, style: styleFor(false) },
  runtime: { clock: { now: () => new Date('2026-03-01T10:00:00Z') } },
} as unknown as CliContext;

function run(skipped: readonly SkippedPartition[]): RunDetailAnswer {
  const at = new Date('2026-03-01T09:00:00Z');
  const row = {
    ...{ id: 'r', connection_id: 'c', provider: 'slack', trigger: 'manual', state: 'success' },
    ...{ attempt: 1, options: {}, created_at: at, started_at: at, finished_at: at },
  } as unknown as RunRow;
  return toRunDetail(row, { partitions: [], skipped, attempts: [] });
}

const channel = (n: number): SkippedPartition => ({
  key: `C${n}`,
  title: `#channel-${n}`,
  reason: 'not_joined',
});

describe('run detail', () => {
  it('names what the run left out, and why', () => {
    const lines = runDetail(run([channel(1)]), 'team', [], context).join('\n');
    expect(lines).toMatch(/Not read\n.*PARTITION.*WHY\n.*#channel-1 +not_joined/);
    expect(runDetail(run([]), 'team', [], context).join('\n')).not.toContain('Not read');
  });

  it('names 20 of thousands and says how many there are', () => {
    const skipped = Array.from({ length: 3_020 }, (_, n) => channel(n));
    const lines = runDetail(run(skipped), 'team', [], context);
    expect(lines.filter((line) => line.includes('#channel-'))).toHaveLength(20);
    expect(lines.at(-1)).toBe('and 3,000 more (--json shows them)');
  });
});
