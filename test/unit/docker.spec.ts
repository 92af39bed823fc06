import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../src/common/compiled.js';

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');
const all = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map((match) => match[1]!);

const COMPOSE_FILES = ['docker-compose.yml', 'docker-compose.server.yml'];
const withoutComments = (yaml: string): string => yaml.replace(/^\s*#.*$/gm, '');

describe('the image', () => {
  const dockerfile = read('Dockerfile').replace(/\\\n\s*/g, '');
  const stages = dockerfile.split(/^FROM /m).slice(1);
  const final = stages.at(-1)!;

  it('starts every stage from a base that is pinned to a full version', () => {
    expect(stages.length).toBeGreaterThan(1);
    for (const stage of stages)
      expect(stage).toMatch(/^node:\d+\.\d+\.\d+-[a-z]+-slim( AS \w+)?\n/);
  });

  it('copies only what exists and what .dockerignore lets through', () => {
    const copies = all(dockerfile, /^COPY (?!--from)(.+) \S+$/gm).flatMap((sources) =>
      sources.split(' '),
    );
    const allowed = all(read('.dockerignore'), /^!(.+)$/gm);
    expect(copies.filter((path) => !existsSync(join(projectRoot, path)))).toEqual([]);
    expect(copies.filter((path) => !allowed.includes(path))).toEqual([]);
    expect(allowed.filter((path) => !copies.includes(path))).toEqual([]);
  });

  it('holds production dependencies only, installed from the lockfile', () => {
    expect(dockerfile).toMatch(/^RUN --mount=type=cache,target=\/npm npm ci --cache \/npm$/m);
    expect(dockerfile).toMatch(/npm prune --omit=dev/);
  });

  it('does not run as root', () => {
    const user = all(final, /^USER (\S+)$/gm);
    expect(user).toEqual(['node']);
    expect(final.indexOf('USER node')).toBeLessThan(final.indexOf('\nCMD '));
  });

  it('starts what `npm start` starts, and is asked for its health', () => {
    const start = (JSON.parse(read('package.json')) as { scripts: { start: string } }).scripts
      .start;
    const command = JSON.parse(all(final, /^CMD (\[.*\])$/gm).at(-1)!) as string[];
    expect(command.join(' ')).toBe(start);
    expect(final).toMatch(/^HEALTHCHECK .*\/healthz/m);
    expect(final).toMatch(/^STOPSIGNAL SIGTERM$/m);
    expect(final).toMatch(/^EXPOSE 4700$/m);
    expect(final).toMatch(/^VOLUME \/data$/m);
  });
});

describe.each(COMPOSE_FILES)('%s', (file) => {
  const yaml = withoutComments(read(file));
  const services = yaml.split(/^services:\n/m)[1]!.split(/^\w/m)[0]!;

  it('pins every image to a version', () => {
    const images = all(yaml, /^\s+image: (\S+)$/gm);
    expect(images).not.toEqual([]);
    for (const image of images) expect(image).toMatch(/:v?\d+\.\d+(\.\d+)?[\w.-]*$/);
  });

  it('names its own image after the version in package.json', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(all(yaml, /^\s+image: tributary:(\S+)$/gm)).toEqual([version]);
  });

  it('has no default for a password or key, and asks for those that it needs', () => {
    const secrets = all(yaml, /(\$\{[A-Z_]*(?:PASSWORD|KEY|KEYS)\b[^}]*\})/g);
    for (const secret of secrets) expect(secret).toMatch(/^\$\{[A-Z_]+:\?[^}]+\}$/);
  });

  const names = all(services, /^ {2}(\w+):$/gm);
  /** The lines of a service, with those that it takes over from anchors. */
  const textOf = (name: string): string => {
    const own = services.split(`  ${name}:\n`)[1]!.split(/^ {2}\w/m)[0]!;
    const merged = all(all(own, /^\s+<<: (.+)$/gm).join(' '), /\*(\w+)/g);
    const anchors = merged.map((anchor) => yaml.split(`: &${anchor}\n`)[1]!.split(/^\w/m)[0]!);
    return [own, ...anchors].join('');
  };
  const oneShot = all(yaml, /^ {4}(\w+):\n {6}condition: service_completed_successfully$/gm);

  it('sets limits and a restart policy for every service', () => {
    expect(names).not.toEqual([]);
    for (const name of names) {
      const text = textOf(name);
      const restart = oneShot.includes(name) ? 'on-failure:3' : 'unless-stopped';
      expect(all(text, /^\s+restart: (.+)$/gm)).toEqual([restart]);
      expect(text).toMatch(/mem_limit: \d/);
      expect(text).toMatch(/cpus: \d/);
    }
  });

  it('asks every service for its health, in its own way or in that of the image', () => {
    for (const name of names) {
      const text = textOf(name);
      if (oneShot.includes(name)) expect(text).toMatch(/^\s+healthcheck:\n\s+disable: true$/m);
      else if (!/^\s+build: \.$/m.test(text)) expect(text).toMatch(/^\s+healthcheck:\n\s+test:/m);
    }
  });

  it('keeps what must last in volumes that it declares', () => {
    const declared = all(`${yaml}\n`.split(/^volumes:\n/m)[1]!, /^ {2}([\w-]+):$/gm);
    const mounted = names.flatMap((name) => all(textOf(name), /^\s+- ([a-z-]+):\/\S+$/gm));
    expect([...mounted].sort()).toEqual([...declared].sort());
  });

  it('publishes its port on this machine only, unless told otherwise', () => {
    expect(all(yaml, /^\s+- '(.*):4700'$/gm)).toEqual(['${TRIBUTARY_PUBLISH:-127.0.0.1:4700}']);
  });
});

describe('server mode in Compose', () => {
  const yaml = withoutComments(read('docker-compose.server.yml'));

  it('migrates once, before any replica starts, and lets none of them do it', () => {
    expect(yaml).toContain('command: [node, dist/src/cli/main.js, migrate]');
    expect(yaml).toMatch(/migrate:\n\s+condition: service_completed_successfully/);
    expect(yaml).toMatch(/^ {2}TRIBUTARY_MIGRATE: never$/m);
  });

  it('gives the API a larger share of the cores than a worker, so that searches come first', () => {
    const [api, worker] = ['api', 'worker'].map((name) => {
      const own = yaml.split(new RegExp(`^ {2}${name}:\n`, 'm'))[1]!.split(/^ {0,2}\w/m)[0]!;
      return Number(all(own, /^ {4}cpu_shares: (\d+)$/gm)[0]);
    });
    expect(worker).toBeGreaterThan(0);
    expect(api).toBeGreaterThan(worker!);
  });

  it('has the stores answer before it migrates or starts', () => {
    const awaited = all(yaml, /^ {4,6}(\w+):\n {6,8}condition: service_healthy$/gm);
    expect([...awaited].sort()).toEqual(['postgres', 'postgres', 'qdrant']);
  });
});

describe('the names of settings', () => {
  const config = read('src/config/config.ts');
  const schema = config.split('const Environment = z.object({')[1]!.split(/^\}\);$/m)[0]!;
  const settings = all(schema, /^ {2}([A-Z][A-Z0-9_]*):/gm);
  const composeOnly = ['POSTGRES_PASSWORD', 'TRIBUTARY_FILES', 'TRIBUTARY_PUBLISH'];
  const commandLineOnly = ['TRIBUTARY_API_KEY', 'TRIBUTARY_URL'];
  const guide = read('docs/guides/configuration.md');

  it('are found in src/config/config.ts', () => {
    expect(settings).toEqual(expect.arrayContaining(['HOST', 'DATABASE_URL', 'TRIBUTARY_PLANS']));
  });

  it.each(COMPOSE_FILES)('in %s are settings of the product or of Compose', (file) => {
    const yaml = withoutComments(read(file));
    const names = [...all(yaml, /\$\{([A-Z0-9_]+)/g), ...all(yaml, /^\s+([A-Z][A-Z0-9_]+): /gm)];
    const ofStores = ['POSTGRES_USER', 'POSTGRES_DB', 'QDRANT_INIT_FILE_PATH'];
    const known = [...settings, ...composeOnly, ...ofStores];
    // Qdrant's own: https://qdrant.tech/documentation/guides/configuration/
    const used = names.filter((name) => !name.startsWith('QDRANT__'));
    expect(used.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('in .env.example are exactly those of the product and of Compose', () => {
    const named = all(read('.env.example'), /^#?([A-Z][A-Z0-9_]*)=/gm);
    expect([...named].sort()).toEqual([...settings, ...composeOnly].sort());
  });

  it('in docs/guides/configuration.md are exactly those of the product, Compose and CLI', () => {
    const named = all(guide, /^\| `([A-Z][A-Z0-9_]*)` \|/gm);
    expect([...named].sort()).toEqual([...settings, ...composeOnly, ...commandLineOnly].sort());
  });

  it('of the command line are read by it', () => {
    const reader = read('src/cli/server/reach-server.ts');
    for (const name of commandLineOnly) expect(reader).toContain(`env['${name}']`);
  });

  it('have the default in the guide that they have in the code', () => {
    const defaults = all(schema, /^ {2}([A-Z][A-Z0-9_]*):[^,]*(?:\n {4}[^\n]*)*\.default\(/gm);
    for (const name of defaults) {
      const declared = schema.split(`  ${name}:`)[1]!;
      const value = /\.default\(('?)(.*?)\1\)/.exec(declared)![2]!;
      const row = guide.split('\n').find((line) => line.startsWith(`| \`${name}\` |`))!;
      expect({ name, value: row.split(' | ')[1] }).toEqual({ name, value: `\`${value}\`` });
    }
    expect(defaults).toEqual(expect.arrayContaining(['PORT', 'TRIBUTARY_LOG_LEVEL']));
  });
});
