import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { projectRoot } from '../../src/common/compiled.js';

/** One import (or re-export, or `import()`), or one use of a name that a rule watches. */
interface Use {
  file: string;
  line: number;
  /** Path below the project root for relative imports, else the package's name. */
  target: string;
  /** Names taken from the target; empty for uses that are not imports. */
  names: string[];
}

interface Rule {
  name: string;
  forbids: (use: Use) => boolean;
}

const inFolder = (file: string, ...folders: string[]): boolean =>
  folders.some((folder) => file === folder || file.startsWith(`${folder}/`));
const featureOf = (file: string): string => file.split('/').slice(0, 2).join('/');
const isPackage = (target: string, name: string): boolean => inFolder(target, name);
const namesCipher = (name: string): boolean => /cipher/i.test(name);

/** Who works for all tenants at once, beside the layers that are there for it. */
const ACROSS_TENANTS = [
  // Tenants themselves, and what belongs to the installation.
  'src/tenants',
  'src/collections/embedding-spaces.service.ts',
  // The queues, and what counts them.
  'src/jobs/jobs.worker.ts',
  'src/runs/run-queue.ts',
  'src/runs/run-explain.service.ts',
  // What is due in any tenant: keys to rotate, documents to purge, stale keys of requests.
  'src/credentials',
  'src/remember/document-lifecycle.ts',
  'src/common/http/idempotency',
  // An operator at the machine.
  'src/reindex/index-check.service.ts',
  'src/cli',
];

const RULES: Rule[] = [
  {
    name: 'nobody imports test/',
    forbids: ({ target }) => inFolder(target, 'test'),
  },
  {
    name: 'a connector imports connectors/sdk, its own folder and its vendor, never src/',
    forbids: ({ file, target }) => {
      if (!inFolder(file, 'connectors') || file === 'connectors/registry.ts') return false;
      const otherConnector =
        inFolder(target, 'connectors') && !inFolder(target, 'connectors/sdk', featureOf(file));
      return otherConnector || inFolder(target, 'src', 'migrations');
    },
  },
  {
    name: 'connectors/registry.ts imports connectors only',
    forbids: ({ file, target }) =>
      file === 'connectors/registry.ts' && inFolder(target, 'src', 'migrations'),
  },
  {
    name: 'src reaches a connector through connectors/registry and knows connectors/sdk',
    forbids: ({ file, target }) =>
      inFolder(file, 'src') &&
      inFolder(target, 'connectors') &&
      !inFolder(target, 'connectors/sdk', 'connectors/registry.js'),
  },
  {
    name: 'only src/sync runs connectors, and src/connections probes them',
    forbids: ({ file, target }) =>
      target === 'connectors/registry.js' && !inFolder(file, 'src/sync', 'src/connections'),
  },
  {
    name: 'only src/indexing imports Qdrant',
    forbids: ({ file, target }) => isPackage(target, '@qdrant') && !inFolder(file, 'src/indexing'),
  },
  {
    name: 'only src/inference imports openai',
    forbids: ({ file, target }) => isPackage(target, 'openai') && !inFolder(file, 'src/inference'),
  },
  {
    name: 'only src/credentials uses ciphers',
    forbids: ({ file, target, names }) =>
      !inFolder(file, 'src/credentials') &&
      (/^create(C|Dec)ipheriv$/.test(target) ||
        (/^(node:)?crypto$/.test(target) && names.some(namesCipher))),
  },
  {
    name: 'a controller imports neither repositories nor TypeORM',
    forbids: ({ file, target }) =>
      file.endsWith('.controller.ts') &&
      (target.endsWith('.repository.js') || isPackage(target, 'typeorm')),
  },
  {
    name: 'a repository is imported by its own feature folder only',
    forbids: ({ file, target }) =>
      target.endsWith('.repository.js') &&
      featureOf(file) !== featureOf(target) &&
      !inFolder(file, 'bench'),
  },
  {
    name: 'migrations import neither src nor connectors',
    forbids: ({ file, target }) =>
      inFolder(file, 'migrations') && inFolder(target, 'src', 'connectors', 'bench'),
  },
  {
    name: 'the product imports neither benches nor tools',
    forbids: ({ file, target }) =>
      !inFolder(file, 'bench', 'tools') && inFolder(target, 'bench', 'tools'),
  },
  {
    name: 'the environment is read by src/config, src/main.ts, src/cli and bench only',
    forbids: ({ file, target, names }) =>
      (target === 'process.env' || (/^(node:)?process$/.test(target) && names.includes('env'))) &&
      !inFolder(file, 'src/config', 'src/main.ts', 'src/cli', 'bench'),
  },
  {
    name: 'transactions across tenants are opened by auth, sync, scheduler, indexing, admin and a few more',
    forbids: ({ file, target }) =>
      target === 'asSystem' &&
      !inFolder(file, 'src/database', 'bench', ...ACROSS_TENANTS) &&
      !inFolder(
        file,
        ...['auth', 'sync', 'scheduler', 'indexing', 'admin'].map((of) => `src/${of}`),
      ),
  },
];

/** Every watched use in one source text; `file` is its path below the project root. */
function usesIn(file: string, text: string): Use[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const uses: Use[] = [];
  const add = (node: ts.Node, target: string, names: string[] = []): void => {
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    uses.push({ file, line, target, names });
  };
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier) add(node, resolveTarget(file, specifier.text), namesOf(node));
    if (ts.isPropertyAccessExpression(node) && node.getText() === 'process.env') {
      add(node, 'process.env');
    }
    if (ts.isPropertyAccessExpression(node) && node.name.text === 'asSystem') {
      add(node, 'asSystem');
    }
    if (ts.isPropertyAccessExpression(node) && namesCipher(node.name.text)) {
      add(node, node.name.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return uses;
}

function specifierOf(node: ts.Node): ts.StringLiteral | undefined {
  const named =
    ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
      ? node.moduleSpecifier
      : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
        ? node.arguments[0]
        : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
          ? node.argument.literal
          : undefined;
  return named && ts.isStringLiteral(named) ? named : undefined;
}

function namesOf(node: ts.Node): string[] {
  if (!ts.isImportDeclaration(node)) return [];
  const bindings = node.importClause?.namedBindings;
  if (!bindings || !ts.isNamedImports(bindings)) return [];
  return bindings.elements.map((element) => (element.propertyName ?? element.name).text);
}

function resolveTarget(file: string, specifier: string): string {
  return specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : specifier;
}

function sourceFiles(): string[] {
  return ['src', 'connectors', 'migrations', 'bench'].flatMap((folder) =>
    readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
      .map((path) => posix.join(folder, path.replaceAll('\\', '/')))
      .filter((path) => path.endsWith('.ts') && !/\.(spec|contract)\.ts$/.test(path)),
  );
}

const broken = (rule: Rule, uses: Use[]): string[] =>
  uses.filter(rule.forbids).map(({ file, line, target }) => `${file}:${line} ${target}`);

describe('who may import whom (docs/guides/architecture.md)', () => {
  const files = sourceFiles();
  const uses = files.flatMap((file) => usesIn(file, readFileSync(join(projectRoot, file), 'utf8')));

  it('walks the imports of every folder of the product', () => {
    expect(files).toEqual(expect.arrayContaining(['src/main.ts', 'connectors/registry.ts']));
    expect(uses.length).toBeGreaterThan(files.length);
  });

  it.each(RULES)('$name', (rule) => {
    expect(broken(rule, uses)).toEqual([]);
  });
});

describe('the lint', () => {
  it('holds what a controller may not import against the controllers of every folder', () => {
    const folders = readdirSync(join(projectRoot, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    expect(folders).toContain('connections');
    expect(forbiddenByLint(folders)).toEqual(
      folders.map((): unknown => expect.arrayContaining(['**/*.repository.js', 'typeorm'])),
    );
  });
});

/** What ESLint keeps a controller of each folder from importing. */
function forbiddenByLint(folders: readonly string[]): string[][] {
  const script = `
    import { ESLint } from 'eslint';
    const lint = new ESLint();
    const folders = ${JSON.stringify(folders)};
    const configs = await Promise.all(
      folders.map((name) => lint.calculateConfigForFile('src/' + name + '/new.controller.ts')),
    );
    const rules = configs.map((one) => one.rules['@typescript-eslint/no-restricted-imports'][1]);
    console.log(JSON.stringify(rules.map((rule) => rule.patterns.flatMap((one) => one.group ?? []))));`;
  const args = ['--input-type=module', '--eval', script];
  return JSON.parse(
    execFileSync(process.execPath, args, { cwd: projectRoot }).toString(),
  ) as string[][];
}

describe('the walk itself', () => {
  const offences: [rule: string, file: string, text: string][] = [
    ['nobody imports test/', 'src/a/b.ts', `import '../../test/support/http-app.js';`],
    ['a connector imports', 'connectors/slack/a.ts', `import { a } from '../notion/b.js';`],
    ['a connector imports', 'connectors/slack/a.ts', `import type { A } from '../../src/b.js';`],
    ['connectors/registry.ts', 'connectors/registry.ts', `import { a } from '../src/b.js';`],
    ['src reaches', 'src/sync/a.ts', `const a = await import('../../connectors/files/b.js');`],
    ['only src/sync runs', 'src/jobs/a.ts', `export * from '../../connectors/registry.js';`],
    ['only src/indexing', 'src/search/a.ts', `import { A } from '@qdrant/js-client-rest';`],
    ['only src/inference', 'src/remember/a.ts', `import OpenAI from 'openai';`],
    ['only src/credentials', 'src/auth/a.ts', `import { createCipheriv } from 'node:crypto';`],
    ['only src/credentials', 'src/auth/a.ts', `crypto.createDecipheriv('x', key, iv);`],
    ['a controller', 'src/runs/runs.controller.ts', `import { A } from './runs.repository.js';`],
    ['a controller', 'src/runs/runs.controller.ts', `import type { In } from 'typeorm';`],
    ['a repository', 'src/sync/a.ts', `import { A } from '../runs/runs.repository.js';`],
    ['migrations', 'migrations/1-a.ts', `type A = import('../src/a.js').A;`],
    ['the product', 'src/cli/a.ts', `import { a } from '../../bench/ingest/a.js';`],
    ['the environment', 'src/sync/a.ts', `const home = process.env.HOME;`],
    ['transactions across', 'src/memories/a.ts', `this.database.asSystem(work);`],
    ['the environment', 'src/sync/a.ts', `import { env } from 'node:process';`],
  ];

  it.each(offences)('finds what breaks "%s" in %s: %s', (name, file, text) => {
    const rule = RULES.find((candidate) => candidate.name.startsWith(name));
    const found = broken(rule!, usesIn(file, `// first line\n${text}\n`));
    expect(found).toEqual([expect.stringMatching(new RegExp(`^${file}:2 `))]);
  });

  it('lets a feature import its own repository, a connector the SDK and src the error types', () => {
    const fine = [
      ...usesIn('src/runs/runs.service.ts', `import { A } from './runs.repository.js';`),
      ...usesIn('connectors/files/a.ts', `import { A } from '../sdk/contract.js';`),
      ...usesIn('src/runs/a.ts', `import type { A } from '../../connectors/sdk/errors.js';`),
      ...usesIn('src/sync/a.ts', `import { connectors } from '../../connectors/registry.js';`),
      ...usesIn('src/auth/a.ts', `import { createHash } from 'node:crypto';`),
      ...usesIn('src/config/config.ts', `process.env.PORT;`),
    ];
    expect(fine).toHaveLength(6);
    expect(RULES.flatMap((rule) => broken(rule, fine))).toEqual([]);
  });
});
