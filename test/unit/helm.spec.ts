import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { projectRoot } from '../../src/common/compiled.js';
import { DUE } from '../../src/runs/queue-order.js';
import { parseYaml } from '../support/yaml.js';

const CHART = 'deploy/helm/tributary';
const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');
const all = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map((match) => match[1]!);

interface Schema {
  type?: string;
  $ref?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: unknown;
  items?: Schema;
  definitions?: Record<string, Schema>;
}

const schema = JSON.parse(read(`${CHART}/values.schema.json`)) as Schema;
const templates = readdirSync(join(projectRoot, CHART, 'templates'))
  .map((name) => read(`${CHART}/templates/${name}`))
  .join('\n')
  .replace(/\{\{-? *\/\*[\s\S]*?\*\/ *-?\}\}/g, '');

/** Paths of the values that are no groups of others, `config` and its settings being one. */
function leaves(of: Schema, path = ''): string[] {
  if (!of.properties || path === 'config') return [path];
  return Object.entries(of.properties)
    .filter(([name]) => name !== 'global')
    .flatMap(([name, one]) => leaves(one, path === '' ? name : `${path}.${name}`));
}

function at(values: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((found, name) => {
    if (found === null || typeof found !== 'object') return undefined;
    return (found as Record<string, unknown>)[name];
  }, values);
}

/** The values with others over them, group by group, as Helm merges them. */
function merged(values: unknown, over: unknown): unknown {
  const group = (one: unknown): one is Record<string, unknown> =>
    typeof one === 'object' && one !== null && !Array.isArray(one);
  if (!group(values) || !group(over)) return over;
  const changed = Object.entries(over).map(([name, one]) => [name, merged(values[name], one)]);
  return { ...values, ...Object.fromEntries(changed) };
}

describe('the values of the chart', () => {
  let values: Record<string, unknown>;
  let validate: ValidateFunction;

  beforeAll(async () => {
    [values] = (await parseYaml(read(`${CHART}/values.yaml`))) as [Record<string, unknown>];
    validate = new Ajv({ strict: true, strictTypes: false, strictRequired: false }).compile(schema);
  });

  it('fit their schema', () => {
    validate(values);
    expect(validate.errors ?? []).toEqual([]);
  });

  it('are all described by the schema, and the schema describes no others', () => {
    const missing = leaves(schema).filter((path) => at(values, path) === undefined);
    expect(missing).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['apy', {}],
    ['api', { replicas: 3 }],
    ['api', { replicaCount: '3' }],
    ['api', { terminationGracePeriodSeconds: 5 }],
    ['config', { TRIBUTARY_LOG_LEVEL: 'loud' }],
    ['config', { TRIBUTARY_ROLE: 'api' }],
    ['config', { NODE_EXTRA_CA_CERTS: 'ca.crt' }],
    ['migrations', { extraVolumes: [{ name: 'tmp', emptyDir: {} }] }],
    ['config', { DATABASE_URL: 'postgres://u:p@h/d' }],
    ['secrets', { operatorKey: 'short' }],
    ['secrets', { databaseUrl: 'mysql://u:p@h/d' }],
    ['networkPolicy', { postgresql: { port: 0, to: [] } }],
    ['networkPolicy', { extraEgress: [{ prots: [] }] }],
  ])('are refused where %s is %j', (name, wrong) => {
    expect(validate(merged(values, { [name]: wrong }))).toBe(false);
  });

  it('of the guide fit too', async () => {
    const guide = read('docs/guides/kubernetes.md');
    const blocks = all(guide, /^```yaml\n([\s\S]*?)^```$/gm);
    expect(blocks).toHaveLength(2);
    for (const block of blocks) {
      const [shown] = await parseYaml(block);
      validate(merged(values, shown));
      expect(validate.errors ?? []).toEqual([]);
    }
  });

  it.each(['cpu', 'queueAge'])(
    'leave a worker for schedules and jobs when scaled by %s',
    (type) => {
      const scaled = (minReplicas: number): boolean =>
        validate(merged(values, { worker: { autoscaling: { type, minReplicas } } }));
      expect([scaled(0), scaled(1)]).toEqual([false, true]);
    },
  );

  it('exist where a template reads them', () => {
    const used = new Set([
      ...all(templates, /\.Values\.([\w.]+)/g),
      ...all(templates, /\$queue\.(\w+)/g).map((name) => `worker.autoscaling.queueAge.${name}`),
      ...all(templates, /\.own\.(\w+)/g).flatMap((name) => [`api.${name}`, `worker.${name}`]),
      ...all(templates, /\.any\.(\w+)/g).flatMap((name) => [
        ...[`api.${name}`, `worker.${name}`, `migrations.${name}`],
      ]),
    ]);
    expect(used.size).toBeGreaterThan(40);
    expect([...used].filter((path) => at(values, path) === undefined)).toEqual([]);
    const unused = leaves(schema).filter(
      (path) => ![...used].some((one) => one === path || one.startsWith(`${path}.`)),
    );
    expect(unused).toEqual([]);
  });

  it('are all explained in the README, with their defaults', () => {
    const rows = [...read(`${CHART}/README.md`).matchAll(/^\| `([\w.]+)` \| (.+?) \| /gm)];
    const shown = new Map(rows.map(([, path, value]) => [path!, value!]));
    expect([...shown.keys()].sort()).toEqual(leaves(schema).sort());
    for (const [path, shownAs] of shown) {
      const value = at(values, path);
      if (typeof value === 'object' || value === '') continue;
      expect({ path, shownAs }).toEqual({ path, shownAs: `\`${value as string | number}\`` });
    }
  });
});

describe('the schema of the values', () => {
  it('leaves no group of named values open to others', () => {
    const open: string[] = [];
    const walk = (one: Schema, path: string): void => {
      // A volume is of one of two dozen kinds, which Kubernetes checks.
      if (one.properties && one.additionalProperties !== false && path !== '#volume')
        open.push(path);
      for (const [name, inner] of Object.entries(one.properties ?? {}))
        walk(inner, `${path}.${name}`);
      if (one.items) walk(one.items, `${path}[]`);
      for (const [name, inner] of Object.entries(one.definitions ?? {})) walk(inner, `#${name}`);
    };
    walk(schema, '');
    expect(open).toEqual([]);
  });
});

describe('the settings that the chart gives', () => {
  const config = read('src/config/config.ts');
  const declared = config.split('const Environment = z.object({')[1]!.split(/^\}\);$/m)[0]!;
  const settings = all(declared, /^ {2}([A-Z][A-Z0-9_]*):/gm);
  const ofConfig = Object.keys(schema.properties!.config!.properties!);
  const named = [
    ...all(templates, /\bname: ([A-Z][A-Z0-9_]+)\b/g),
    ...all(templates, /"([A-Z]+_[A-Z0-9_]+)"/g),
  ];
  const inSecret = all(templates, /^ {2}([A-Z][A-Z0-9_]+): \{\{/gm);

  it('are settings of Tributary, or of Node.js, each given in one way', () => {
    const known = [...settings, 'NODE_EXTRA_CA_CERTS'];
    expect([...named, ...ofConfig].filter((name) => !known.includes(name))).toEqual([]);
    expect(ofConfig.filter((name) => named.includes(name))).toEqual([]);
  });

  it('are all of them', () => {
    const given = [...named, ...ofConfig];
    expect(settings.filter((name) => !given.includes(name))).toEqual([]);
  });

  it('come from the Secret under the names that it has there', () => {
    const readFrom = all(templates, /^ +- name: (\w+)\n +valueFrom:/gm);
    const optional = all(templates, /"([A-Z]+_[A-Z0-9_]+)"/g);
    expect([...new Set(inSecret)].sort()).toEqual([...new Set([...readFrom, ...optional])].sort());
  });
});

describe('the chart', () => {
  it('is of the version in package.json', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(read(`${CHART}/Chart.yaml`)).toMatch(new RegExp(`^appVersion: ${version}$`, 'm'));
  });

  it('migrates as Compose does', () => {
    const command = 'command: [node, dist/src/cli/main.js, migrate]';
    expect(templates).toContain(command);
    expect(read('docker-compose.server.yml')).toContain(command);
  });

  it('gives a process longer to end than it takes', () => {
    const own = Number(all(read('src/run-server.ts'), /SHUTDOWN_MS = (\d+)/g)[0]);
    const sleep = Number(all(templates, /command: \[sleep, '(\d+)'\]/g)[0]);
    const shortest = all(
      read(`${CHART}/values.schema.json`),
      /"terminationGracePeriodSeconds": \{[^}]*?"minimum": (\d+)/g,
    ).map(Number);
    expect(shortest).toHaveLength(2);
    for (const seconds of shortest) expect(seconds * 1000).toBeGreaterThan(own + sleep * 1000);
  });

  it('has the API request more CPU than a worker, so that searches come before syncs', async () => {
    const [values] = await parseYaml(read(`${CHART}/values.yaml`));
    const cores = (role: string): number => {
      const cpu = String(at(values, `${role}.resources.requests.cpu`));
      return cpu.endsWith('m') ? parseInt(cpu) / 1000 : Number(cpu);
    };
    expect(cores('worker')).toBeGreaterThan(0);
    expect(cores('api')).toBeGreaterThan(cores('worker'));
  });

  it('scales workers by the CPU that they use, whatever they request', async () => {
    const scaler = read(`${CHART}/templates/worker-horizontalpodautoscaler.yaml`);
    expect(all(scaler, /^ +(?:- )?type: (\w+)$/gm)).toEqual(['Resource', 'AverageValue']);
    const [values] = await parseYaml(read(`${CHART}/values.yaml`));
    // One event loop uses little more than a core.
    expect(at(values, 'worker.autoscaling.targetAverageCPU')).toMatch(/^[5-9]\d\dm$/);
  });

  it('scales on a metric that the product has', () => {
    const [metric] = all(templates, /max\((tributary_\w+)\{/g);
    expect(read('src/metrics/fleet-registry.ts')).toContain(`'${metric}'`);
  });

  it('asks the database for the runs that a worker may take', () => {
    const [query] = all(templates, /"(select [^"]+ from runs [^"]+)"/g);
    expect(query).toContain(` where ${DUE.replaceAll('r.', '')}`);
  });
});
