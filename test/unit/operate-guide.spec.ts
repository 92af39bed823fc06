import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toFleet } from '../../src/admin/fleet.service.js';
import { AUDIT_ACTIONS } from '../../src/auth/audit-actions.js';
import { AUDIT_DAYS } from '../../src/auth/audit.service.js';
import { projectRoot } from '../../src/common/compiled.js';
import { fleetRegistry } from '../../src/metrics/fleet-registry.js';
import { PrometheusMetrics } from '../../src/metrics/prometheus-metrics.js';

const guide = readFileSync(join(projectRoot, 'docs/guides/operate.md'), 'utf8');
const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort();

describe('the guide for operators', () => {
  it('lists every metric, with its labels, and none that does not exist', () => {
    const build = { version: '1', role: 'all', database: 'server', index: 'qdrant' };
    const fleet = toFleet({
      ...{ tenants: 1, outbox: 0, oldest_mark: null, mark_error: null, oldest_queued: null },
      ...{ documents: 0, documents_share: 1, memories: 0, memories_share: 1 },
      runs: [{ provider: 'slack', state: 'queued', n: 1 }],
      connections: [{ provider: 'slack', status: 'active', n: 1 }],
      lag: [{ provider: 'slack', max: 1, median: 1, late: 0 }],
    });
    const counted = new PrometheusMetrics(build, () => 0);
    // This one begins with the first answer.
    counted.indexTried(true);
    const registries = [counted.registry, fleetRegistry(fleet)];
    const metrics = registries.flatMap((registry) => registry.getMetricsAsArray());
    const own = metrics.filter(({ name }) => name.startsWith('tributary_'));
    const tables = guide.split('\n').filter((line) => line.startsWith('| `tributary_'));

    const listed = tables.flatMap((line) => line.split(' | ')[0]!.match(/tributary_[a-z_]+/g)!);
    expect(sorted(listed)).toEqual(sorted(own.map(({ name }) => name)));
    for (const metric of own) {
      const { name, labelNames } = metric as unknown as { name: string; labelNames: string[] };
      const row = tables.find((line) => line.includes(`\`${name}\``))!;
      const shown = row.split('|')[2]!.match(/[a-z_]+/g) ?? [];
      expect({ name, labels: sorted(shown) }).toEqual({ name, labels: sorted(labelNames) });
    }
  });

  it('alerts on metrics that exist', () => {
    const rules = /```yaml\ngroups:([\s\S]*?)```/.exec(guide)![1]!;
    const used = rules.match(/tributary_[a-z_]+/g)!.map((name) => name.replace(/_bucket$/, ''));
    expect(used.filter((name) => !guide.includes(`| \`${name}\``) && !listedInPair(name))).toEqual(
      [],
    );
  });

  it('lists every act of the audit log, and for how long it is kept', () => {
    const acts = [...guide.matchAll(/^\| `([a-z_]+\.[a-z_]+)` \|/gm)].map(([, name]) => name!);
    expect(sorted(acts)).toEqual(sorted(Object.keys(AUDIT_ACTIONS)));
    expect(guide).toContain(`removed after ${AUDIT_DAYS} days`);
  });
});

/** Two metrics may share a row of the table. */
function listedInPair(name: string): boolean {
  return guide.includes(`, \`${name}\``);
}
