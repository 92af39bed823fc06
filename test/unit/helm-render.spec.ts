import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../src/common/compiled.js';
import { parseYaml } from '../support/yaml.js';

/*
 * What Helm makes of the chart. Needs Helm 3 on the PATH or in TRIBUTARY_TEST_HELM; without it, the
 * tests are shown as skipped and helm.spec.ts, which needs nothing, is what is left.
 */
const CHART = 'deploy/helm/tributary';
const GUIDE = 'docs/guides/kubernetes.md';
const KUBERNETES = ['--kube-version', '1.33.0'];
const helm = process.env['TRIBUTARY_TEST_HELM'] || 'helm';
const found = spawnSync(helm, ['version', '--short'], { encoding: 'utf8' }).status === 0;
const withHelm = found ? describe : describe.skip;

interface Manifest {
  kind: string;
  metadata: {
    name: string;
    labels: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec: Record<string, unknown>;
  stringData?: Record<string, string>;
  data?: Record<string, string>;
}

interface Container {
  name: string;
  image: string;
  command?: string[];
  env: { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string } } }[];
  resources: { requests: object; limits: object };
  securityContext: object;
  volumeMounts: { name: string; mountPath: string }[];
}

interface PodTemplate {
  metadata: { labels: Record<string, string> };
  spec: Record<string, unknown> & { containers: Container[]; volumes: { name: string }[] };
}

function run(...args: string[]): string {
  return execFileSync(helm, args, { cwd: projectRoot, encoding: 'utf8', stdio: 'pipe' });
}

async function render(...args: string[]): Promise<Manifest[]> {
  const text = run('template', 'tributary', CHART, '--namespace', 'memory', ...KUBERNETES, ...args);
  return (await parseYaml(text)) as Manifest[];
}

const EXISTING = ['--set', 'secrets.existingSecret=tributary-keys'];
const OWN_SECRET = [
  '--set=secrets.databaseUrl=postgres://u:s3cret@db:6432/t',
  '--set=secrets.migrationDatabaseUrl=postgres://u:s3cret@db:5432/t',
  '--set=secrets.operatorKey=0123456789abcdef',
];
const EVERYTHING = [
  '--set=worker.autoscaling.type=queueAge,worker.autoscaling.minReplicas=2',
  '--set=qdrant.url=http://qdrant:6333,serviceMonitor.enabled=true',
  '--set=ingress.enabled=true,ingress.host=memory.example.com,ingress.tlsSecretName=tls',
  '--set=config.TRIBUTARY_WORKER_SLOTS=4,config.TRIBUTARY_SLACK_RATE=0.8',
];
const FEWEST = [
  '--set=api.autoscaling.enabled=false,worker.autoscaling.enabled=false',
  '--set=api.podDisruptionBudget.enabled=false,worker.podDisruptionBudget.enabled=false',
  '--set=networkPolicy.enabled=false,serviceAccount.create=false',
];

const VARIANTS: [string, string[]][] = [
  ['an existing Secret', EXISTING],
  ['a Secret of its own', OWN_SECRET],
  ['everything that can be switched on', [...OWN_SECRET, ...EVERYTHING]],
  ['everything switched off', [...EXISTING, ...FEWEST]],
];

withHelm(`the chart as Helm renders it${found ? '' : ' (skipped: there is no helm)'}`, () => {
  const workloads = (all: Manifest[]): Manifest[] =>
    all.filter(({ kind }) => ['Deployment', 'Job'].includes(kind));
  const podOf = ({ spec }: Manifest): PodTemplate => spec.template as PodTemplate;
  const named = (all: Manifest[], kind: string): string[] =>
    all.filter((one) => one.kind === kind).map(({ metadata }) => metadata.name);

  describe.each(VARIANTS)('with %s', (_, args) => {
    let manifests: Manifest[];
    beforeAll(async () => {
      manifests = await render(...args);
    });

    it('passes the strict linter', () => {
      expect(run('lint', '--strict', CHART, ...KUBERNETES, ...args)).toContain('0 chart(s) failed');
    });

    it('runs API, workers and migrations in the restricted profile', () => {
      expect(workloads(manifests)).toHaveLength(3);
      for (const workload of workloads(manifests)) {
        const { spec } = podOf(workload);
        expect(spec).toMatchObject({
          automountServiceAccountToken: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 1000,
            seccompProfile: { type: 'RuntimeDefault' },
          },
        });
        for (const container of spec.containers) {
          expect(container.securityContext).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
          expect(container.resources.requests).toMatchObject({ cpu: expect.anything() });
          expect(container.resources.limits).toMatchObject({ memory: expect.any(String) });
          const volumes = spec.volumes.map(({ name }) => name);
          for (const { name } of container.volumeMounts) expect(volumes).toContain(name);
        }
      }
    });

    it('migrates in the Job and nowhere else', () => {
      for (const workload of workloads(manifests)) {
        const [container] = podOf(workload).spec.containers;
        const never = container!.env.some(
          ({ name, value }) => name === 'TRIBUTARY_MIGRATE' && value === 'never',
        );
        expect(never).toBe(workload.kind === 'Deployment');
        expect(container!.command?.at(-1)).toBe(workload.kind === 'Job' ? 'migrate' : undefined);
      }
    });

    it('gives the Job only what is there before anything else of the release', () => {
      const job = manifests.find(({ kind }) => kind === 'Job')!;
      const early = manifests.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook']);
      const weight = ({ metadata }: Manifest): number =>
        Number(metadata.annotations!['helm.sh/hook-weight']);
      for (const { env } of podOf(job).spec.containers) {
        for (const { valueFrom } of env) {
          if (!valueFrom) continue;
          const { name } = valueFrom.secretKeyRef;
          const made = early.find((one) => one.kind === 'Secret' && one.metadata.name === name);
          if (made) expect(weight(made)).toBeLessThan(weight(job));
          else expect(name).toBe('tributary-keys');
        }
      }
      expect(podOf(job).spec['serviceAccountName']).toBeUndefined();
    });

    it('has every Service, budget and policy select pods that there are', () => {
      const pods = workloads(manifests).map((workload) => podOf(workload).metadata.labels);
      const selectors = manifests.flatMap(({ kind, spec }) => {
        if (kind === 'Service') return [spec.selector as Record<string, string>];
        const one = (spec?.selector ?? spec?.podSelector) as
          { matchLabels: Record<string, string> } | undefined;
        return one ? [one.matchLabels] : [];
      });
      expect(selectors.length).toBeGreaterThan(2);
      for (const selector of selectors) {
        const selected = pods.filter((labels) =>
          Object.entries(selector).every(([name, value]) => labels[name] === value),
        );
        expect(selected).not.toEqual([]);
      }
    });

    it('leaves the number of pods to whatever scales them, and only then', () => {
      const scaled = manifests
        .filter(({ kind }) => ['HorizontalPodAutoscaler', 'ScaledObject'].includes(kind))
        .map(({ spec }) => (spec.scaleTargetRef as { name: string }).name);
      for (const { kind, metadata, spec } of manifests) {
        if (kind !== 'Deployment') continue;
        expect(spec.replicas === undefined).toBe(scaled.includes(metadata.name));
      }
    });

    it('shows keys in Secrets only', () => {
      for (const manifest of manifests) {
        if (manifest.kind !== 'Secret') expect(JSON.stringify(manifest)).not.toContain('s3cret');
      }
    });
  });

  it('closes every pod to all but named peers', async () => {
    const manifests = await render(...EXISTING);
    expect(named(manifests, 'NetworkPolicy').sort()).toEqual([
      'tributary',
      'tributary-api',
      'tributary-migrate',
    ]);
    const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy');
    for (const { spec } of policies) {
      for (const rule of (spec.ingress ?? []) as { from?: unknown[]; ports?: unknown[] }[]) {
        expect(rule.from?.length).toBeGreaterThan(0);
        expect(rule.ports?.length).toBeGreaterThan(0);
      }
      for (const rule of (spec.egress ?? []) as { ports?: unknown[] }[])
        expect(rule.ports?.length).toBeGreaterThan(0);
    }
  });

  it('scales workers by the age of the queue, or by CPU where there is no KEDA', async () => {
    const byCpu = await render(...EXISTING);
    expect(named(byCpu, 'HorizontalPodAutoscaler').sort()).toEqual([
      'tributary-api',
      'tributary-worker',
    ]);
    const byAge = await render(...EXISTING, ...EVERYTHING);
    expect(named(byAge, 'HorizontalPodAutoscaler')).toEqual(['tributary-api']);
    const { spec } = byAge.find(({ kind }) => kind === 'ScaledObject')!;
    expect(spec).toMatchObject({
      scaleTargetRef: { name: 'tributary-worker' },
      minReplicaCount: 2,
      triggers: [{ type: 'prometheus', metadata: { threshold: '30' } }],
    });
  });

  it('gives the Job the settings, mounts and nodes that pods can have', async () => {
    const own = {
      extraVolumes: [{ name: 'ca', configMap: { name: 'corporate-ca' } }],
      extraVolumeMounts: [{ name: 'ca', mountPath: '/etc/ca', readOnly: true }],
      nodeSelector: { pool: 'memory' },
      tolerations: [{ key: 'dedicated', operator: 'Exists' }],
      affinity: { podAntiAffinity: {} },
    };
    const everywhere = ['migrations', 'api', 'worker'].map(
      (role) => `--set-json=${role}=${JSON.stringify(own)}`,
    );
    const settings =
      '--set=config.NODE_EXTRA_CA_CERTS=/etc/ca/ca.crt,config.TRIBUTARY_DATABASE_POOL=7';
    const manifests = await render(...OWN_SECRET, ...everywhere, settings);
    const { extraVolumes, extraVolumeMounts, ...placement } = own;
    for (const workload of workloads(manifests)) {
      const { spec } = podOf(workload);
      expect(spec).toMatchObject(placement);
      expect(spec.volumes).toEqual(expect.arrayContaining(extraVolumes));
      const [{ volumeMounts }] = spec.containers as [Container];
      expect(volumeMounts).toEqual(expect.arrayContaining(extraVolumeMounts));
    }
    const job = manifests.find(({ kind }) => kind === 'Job')!;
    // The ConfigMap comes after the Job.
    const [container] = podOf(job).spec.containers;
    expect(container).not.toHaveProperty('envFrom');
    expect(container!.env).toEqual(
      expect.arrayContaining([
        { name: 'NODE_EXTRA_CA_CERTS', value: '/etc/ca/ca.crt' },
        { name: 'TRIBUTARY_DATABASE_POOL', value: '7' },
      ]),
    );
    expect(manifests.find(({ kind }) => kind === 'ConfigMap')!.data).toEqual({
      NODE_EXTRA_CA_CERTS: '/etc/ca/ca.crt',
      TRIBUTARY_DATABASE_POOL: '7',
    });
  });

  it('migrates past a pooler where it is told how', async () => {
    const manifests = await render(...OWN_SECRET);
    const urls = manifests
      .filter(({ kind }) => kind === 'Secret')
      .map(({ metadata, stringData }) => [metadata.name, stringData!['DATABASE_URL']]);
    expect(Object.fromEntries(urls)).toEqual({
      tributary: 'postgres://u:s3cret@db:6432/t',
      'tributary-migrate': 'postgres://u:s3cret@db:5432/t',
    });
  });

  it.each([
    ['no database', [], /set secrets\.existingSecret or secrets\.databaseUrl/],
    ['an Ingress without host', [...EXISTING, '--set=ingress.enabled=true'], /ingress\.host/],
    ['no worker', [...EXISTING, '--set=worker.autoscaling.minReplicas=0'], /minReplicas/],
    ['a misspelt value', [...EXISTING, '--set=api.replica=3'], /additional properties 'replica'/],
  ])('refuses %s', async (_, args, message) => {
    await expect(render(...args)).rejects.toThrow(message);
  });

  it('renders the values that the guide shows', async () => {
    const [shown] = yamlBlocks(readFileSync(join(projectRoot, GUIDE), 'utf8'));
    const folder = await mkdtemp(join(tmpdir(), 'tributary-helm-'));
    try {
      const file = join(folder, 'values.yaml');
      await writeFile(file, shown!);
      const manifests = await render('--values', file);
      expect(named(manifests, 'ScaledObject')).toEqual(['tributary-worker']);
      expect(named(manifests, 'Ingress')).toEqual(['tributary']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

function yamlBlocks(markdown: string): string[] {
  return [...markdown.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text]) => text!);
}
