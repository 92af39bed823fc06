import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, posix } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { projectRoot } from '../../../src/common/compiled.js';
import { readConfig } from '../../../src/config/config.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import { fencedBlocks, type FencedBlock } from './fenced-blocks.js';

/*
 * What the documentation shows is run, in the order in which it is shown:
 *
 *   sh test      a shell with TRIBUTARY_URL, TRIBUTARY_API_KEY and `tributary` on its PATH, in a
 *                folder that holds a copy of docs/; curl fails on an error answer
 *   ts test      a module with the same environment
 *   json output  what the block before it prints: the same fields, whatever their values
 *   by=FILE      FILE, a script or test of this project, runs it; its lines must be found there
 *   npm-script   scripts of package.json, which must exist
 *   settings     variables that the configuration guide names and src/config takes
 *   docker, kubernetes, qdrant
 *                needs what is not there; shown as skipped
 *
 * A shell block without any of them fails, a TypeScript block is shown as skipped.
 */
const run = promisify(execFile);
const SHELLS = ['sh', 'bash', 'zsh', 'shell', 'console'];
const RUNNABLE = [...SHELLS, 'ts'];
const NOT_THERE: Readonly<Record<string, string>> = {
  docker: 'Docker',
  kubernetes: 'a Kubernetes cluster',
  qdrant: 'a Qdrant server',
};

interface Snippet extends FencedBlock {
  /** The `json output` block that follows. */
  output?: string;
}

function markdownFiles(): string[] {
  const docs = readdirSync(join(projectRoot, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((path) => posix.join('docs', path.replaceAll('\\', '/')))
    .filter((path) => path.endsWith('.md'));
  return ['README.md', 'CONTRIBUTING.md', ...docs.sort()];
}

function snippetsOf(file: string): Snippet[] {
  const blocks = fencedBlocks(file, readFileSync(join(projectRoot, file), 'utf8'));
  return blocks
    .map((block, at): Snippet => {
      const next = blocks[at + 1];
      return next?.language === 'json' && next.marks.includes('output')
        ? { ...block, output: next.text }
        : block;
    })
    .filter(({ language }) => RUNNABLE.includes(language));
}

const DOCUMENTS = markdownFiles()
  .map((file) => ({ file, snippets: snippetsOf(file) }))
  .filter(({ snippets }) => snippets.length > 0);

describe.each(DOCUMENTS)('$file', ({ file, snippets }) => {
  let app: TestApp | undefined;
  let folder: string;

  beforeAll(async () => {
    if (!snippets.some(({ marks }) => marks.includes('test'))) return;
    folder = await realpath(await mkdtemp(join(tmpdir(), 'tributary-docs-')));
    await cp(join(projectRoot, 'docs'), join(folder, 'docs'), { recursive: true });
    await mkdir(join(folder, 'bin'));
    const command = join(folder, 'bin', 'tributary');
    const cli = join(projectRoot, 'dist', 'src', 'cli', 'main.js');
    await writeFile(command, `#!/bin/sh\nexec '${process.execPath}' '${cli}' "$@"\n`);
    await chmod(command, 0o755);
    app = await startApp({ env: { TRIBUTARY_FILES_ROOTS: folder } });
  });

  afterAll(async () => {
    await app?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  for (const snippet of snippets) {
    const name = `line ${snippet.line}: ${snippet.text.trim().split('\n')[0]}`;
    const by = snippet.marks.find((mark) => mark.startsWith('by='))?.slice('by='.length);
    if (snippet.marks.includes('test')) {
      it(`${name} (runs)`, async () => {
        const printed = await execute(snippet, app!, folder);
        if (snippet.output !== undefined) {
          expect(shapeOf(JSON.parse(printed))).toMatchObject(shapeOf(JSON.parse(snippet.output)));
        }
      });
    } else if (by !== undefined) {
      it(`${name} (is run by ${by})`, () => {
        const runner = readFileSync(join(projectRoot, by), 'utf8').replace(/\s+/g, ' ');
        for (const line of commandsOf(snippet.text)) expect(runner).toContain(line);
      });
    } else if (snippet.marks.includes('npm-script')) {
      it(`${name} (names scripts of package.json)`, () => {
        const named = [...snippet.text.matchAll(/\bnpm (?:run )?([a-z][a-z:-]*)/g)];
        const known = ['ci', ...Object.keys(packageScripts())];
        expect(named.length).toBeGreaterThan(0);
        for (const [, script] of named) expect(known).toContain(script);
      });
    } else if (snippet.marks.includes('settings')) {
      it(`${name} (are settings)`, async () => {
        const settings = await settingsOf(snippet.text);
        expect(Object.keys(settings)).not.toEqual([]);
        const guide = readFileSync(join(projectRoot, 'docs/guides/configuration.md'), 'utf8');
        for (const variable of Object.keys(settings)) expect(guide).toContain(`\`${variable}\``);
        expect(() => readConfig(settings)).not.toThrow();
      });
    } else {
      const needs = snippet.marks.map((mark) => NOT_THERE[mark]).find(Boolean);
      const at = `${file}:${snippet.line}`;
      if (needs === undefined && SHELLS.includes(snippet.language)) {
        it(`${name} (is marked)`, () => {
          throw new Error(`${at} shows commands that nothing runs; see the marks above`);
        });
      } else {
        const reason = needs === undefined ? 'is not marked `test`' : `needs ${needs}`;
        it.skip(`${name} (skipped: ${at} ${reason})`, () => undefined);
      }
    }
  }
});

function packageScripts(): Record<string, string> {
  const text = readFileSync(join(projectRoot, 'package.json'), 'utf8');
  return (JSON.parse(text) as { scripts: Record<string, string> }).scripts;
}

function commandsOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** What a block sets in the shell that runs it. */
async function settingsOf(text: string): Promise<Record<string, string>> {
  const script = `set -a\n${text}\nenv -0`;
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script]);
  const named = new Set(
    [...text.matchAll(/\b([A-Z][A-Z0-9_]*)=/g)].map(([, variable]) => variable),
  );
  const all = stdout.split('\0').map((entry) => entry.split(/=(.*)/s, 2) as [string, string]);
  return Object.fromEntries(all.filter(([variable]) => named.has(variable)));
}

/** Runs one block and answers what it printed. */
async function execute(snippet: Snippet, app: TestApp, folder: string): Promise<string> {
  const env = {
    ...process.env,
    PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}`,
    TRIBUTARY_URL: app.url,
    TRIBUTARY_API_KEY: app.apiKey,
    TRIBUTARY_OPERATOR_KEY: app.operatorKey,
  };
  const [command, args] =
    snippet.language === 'ts'
      ? [process.execPath, ['--input-type=module', '--eval', javaScript(snippet.text)]]
      : ['bash', ['-euo', 'pipefail', '-c', `${STRICT_CURL}\n${snippet.text}`]];
  const { stdout } = await run(command, args, { cwd: folder, env, timeout: 280_000 });
  return stdout;
}

/** In the documentation an error answer is for the reader to see; here it is a failure. */
const STRICT_CURL = 'curl() { command curl --silent --show-error --fail-with-body "$@"; }';

function javaScript(text: string): string {
  return ts.transpileModule(text, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  }).outputText;
}

/** Values become the names of their types; of a list only the first item counts. */
function shapeOf(value: unknown): Record<string, unknown> {
  const shape = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.slice(0, 1).map(shape);
    if (part === null || typeof part !== 'object') return part === null ? 'null' : typeof part;
    return Object.fromEntries(Object.entries(part).map(([key, one]) => [key, shape(one)]));
  };
  return { printed: shape(value) };
}
