import { ManualClock } from '../common/clock.js';
import { RandomIds } from '../common/ids.js';
import { reportError } from './cli-error.js';
import { EXIT } from './exit-codes.js';
import { styleFor, wantsColours } from './output/style.js';
import { createProgram } from './program.js';

async function run(...args: string[]): Promise<{ exit: number; out: string[]; err: string[] }> {
  const out: string[] = [];
  const err: string[] = [];
  const style = styleFor(false);
  let exit: number = EXIT.ok;
  const program = createProgram(
    {
      terminal: {
        out: (line) => void out.push(line),
        note: (line) => void err.push(line),
        draw: (text) => void err.push(text),
        width: 100,
        live: false,
        liveWidth: 100,
        style,
        noteStyle: style,
      },
      env: { TRIBUTARY_DATA_DIR: '/nowhere/tributary' },
      clock: new ManualClock(),
      ids: new RandomIds(),
      signal: new AbortController().signal,
      readStdin: () => Promise.resolve(' \n'),
    },
    (code) => {
      exit = code;
    },
  );
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    const report = reportError(error);
    err.push(...report.lines);
    exit = report.exitCode;
  }
  return { exit, out, err };
}

describe('arguments', () => {
  it.each([
    [['nonsense']],
    [['search']],
    [['search', 'x', '--mode', 'magic']],
    [['search', 'x', '--limit', '0']],
    [['search', 'x', '--min-score', 'high']],
    [['search', 'x', '--filter', 'category']],
    [['sync', '--nonsense']],
    [['connect', 'nonsense', 'x']],
    [['connect', 'files', '/nowhere/notes']],
    [['connect', 'files', '.', '--schedule', 'daily']],
    [['connect', 'files', '.', '--every', '5', '--cron', '* * * * *']],
    [['connections', 'nonsense']],
    [['connections', 'schedule', 'notes']],
    [['add', '-']],
    [['serve', '--port', '70000']],
    [['demo', '/nowhere/notes']],
    [['demo', '--url', 'http://127.0.0.1:4700']],
    [['backup', '--url', 'http://127.0.0.1:4700']],
    [['version', '--url']],
    [['runs', '--url', 'localhost:4700']],
  ])('%j is a usage error', async (args) => {
    const { exit, out, err } = await run(...args);
    expect(exit).toBe(EXIT.usage);
    expect(out).toEqual([]);
    expect(err[0]).toMatch(/^error: .+ \(usage_error\)/);
  });

  it.each([
    [[], 'a command is missing'],
    [['--json'], 'a command is missing'],
    [['connect'], "a command of 'connect' is missing"],
    [['admin'], "a command of 'admin' is missing"],
    [['help', 'nope'], "unknown command 'nope'"],
    [['connect', 'help', 'nope'], "unknown command 'nope'"],
  ])('%j is a usage error, with the usage on stderr', async (args, message) => {
    const { exit, out, err } = await run(...args);
    expect(exit).toBe(EXIT.usage);
    expect(out).toEqual([]);
    expect(err[0]).toBe(`error: ${message} (usage_error)`);
    expect(err.slice(1).join('\n')).toContain('Usage: tributary');
  });

  it.each([[['help']], [['help', 'connect']], [['connect', '--help']]])(
    '%j shows help and no error',
    async (args) => {
      const { exit, out, err } = await run(...args);
      expect([exit, err]).toEqual([EXIT.ok, []]);
      expect(out.join('\n')).toMatch(/^Usage: tributary/);
    },
  );

  it('suggests what was probably meant', async () => {
    const { err } = await run('serch', 'x');
    expect(err.join('\n')).toContain('Did you mean search?');
  });

  it('refuses to look for things in a directory that is not there', async () => {
    for (const args of [
      ['search', 'x'],
      ['backup', '--list'],
    ]) {
      const { exit, out, err } = await run(...args);
      expect([exit, out]).toEqual([EXIT.notFound, []]);
      expect(err[0]).toBe(
        'error: there is no Tributary data in /nowhere/tributary (data_directory_missing)',
      );
    }
  });

  it('asks for a key when only a server is named', async () => {
    const { exit, err } = await run('runs', '--url', 'http://127.0.0.1:4700');
    expect(exit).toBe(EXIT.auth);
    expect(err[0]).toContain('(api_key_missing)');
  });

  it('answers with one JSON document where that is asked for, before or after the command', async () => {
    for (const args of [
      ['version', '--json'],
      ['--json', 'version'],
    ]) {
      const { exit, out, err } = await run(...args);
      expect([exit, err]).toEqual([EXIT.ok, []]);
      expect(JSON.parse(out.join('\n'))).toMatchObject({ version: expect.any(String) });
    }
  });

  it('explains every command and the exit codes', async () => {
    const { exit, out } = await run('--help');
    expect(exit).toBe(EXIT.ok);
    const help = out.join('\n');
    for (const command of ['serve', 'demo', 'connect', 'sync', 'runs', 'search', 'doctor']) {
      expect(help).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'));
    }
    expect(help).toContain('Exit codes:');
  });
});

describe('colours', () => {
  it('are for terminals, unless NO_COLOR says otherwise', () => {
    expect(wantsColours(true, {})).toBe(true);
    expect(wantsColours(false, {})).toBe(false);
    expect(wantsColours(true, { NO_COLOR: '1' })).toBe(false);
    expect(wantsColours(true, { NO_COLOR: '' })).toBe(true);
    expect(wantsColours(true, { TERM: 'dumb' })).toBe(false);
    expect(wantsColours(false, { FORCE_COLOR: '1' })).toBe(true);
    expect(wantsColours(true, { NO_COLOR: '1', FORCE_COLOR: '1' })).toBe(false);
  });
});
