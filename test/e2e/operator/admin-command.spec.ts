import { reportError } from '../../../src/cli/cli-error.js';
import { EXIT } from '../../../src/cli/exit-codes.js';
import { styleFor } from '../../../src/cli/output/style.js';
import { createProgram } from '../../../src/cli/program.js';
import { SystemClock } from '../../../src/common/clock.js';
import { RandomIds } from '../../../src/common/ids.js';
import { databases } from '../../support/database-fixtures.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import { fillFleet } from './fleet.js';

describe('tributary admin', () => {
  let app: TestApp;
  const [pglite] = databases();

  beforeAll(async () => {
    const database = await pglite!.open();
    app = await startApp({ database, env: { TRIBUTARY_ROLE: 'api' } });
    await fillFleet(database);
  });
  afterAll(() => app.close());

  async function admin(args: string[], env: Record<string, string> = {}) {
    const out: string[] = [];
    const err: string[] = [];
    const style = styleFor(false);
    let exit: number = EXIT.ok;
    const terminal = {
      ...{ width: 200, live: false, liveWidth: 200, style, noteStyle: style },
      out: (line: string) => void out.push(line),
      note: (line: string) => void err.push(line),
      draw: (text: string) => void err.push(text),
    };
    const program = createProgram(
      {
        terminal,
        env: { TRIBUTARY_URL: app.url, TRIBUTARY_OPERATOR_KEY: app.operatorKey, ...env },
        clock: new SystemClock(),
        ids: new RandomIds(),
        signal: new AbortController().signal,
        readStdin: () => Promise.resolve(''),
      },
      (code) => (exit = code),
    );
    try {
      await program.parseAsync(['admin', ...args], { from: 'user' });
    } catch (error) {
      const report = reportError(error);
      err.push(...report.lines);
      exit = report.exitCode;
    }
    return { exit, out: out.join('\n'), err: err.join('\n') };
  }

  it('shows the overview to people', async () => {
    const { exit, out } = await admin(['overview', '--limit', '2']);
    expect(exit).toBe(EXIT.ok);
    expect(out).toMatch(/runs +1 at work, 1 waiting, 1 queued, the oldest for 2/);
    expect(out).toMatch(/not indexed +No space left on device/);
    expect(out).toMatch(/4 need attention \(2 shown\):/);
    expect(out).toMatch(/needs_auth .*auth_failed/);
  });

  it('counts runs and memories', async () => {
    const { out } = await admin(['health', '--hours', '168']);
    expect(out).toMatch(/slack +3 +2/);
    expect(out).toMatch(/needs attention +3/);
  });

  it('lists the audit log, and pages and filters by options', async () => {
    const { exit, out } = await admin(['audit', '--action', 'tenant.created', '--limit', '5']);
    expect(exit).toBe(EXIT.ok);
    expect(out).toMatch(/bootstrap +tenant\.created/);
  });

  it.each(['overview', 'health', 'audit'])('answers %s as JSON', async (command) => {
    const { exit, out, err } = await admin([command, '--json']);
    expect([exit, err]).toEqual([EXIT.ok, '']);
    expect(JSON.parse(out)).toEqual(expect.anything());
  });

  it('needs a server, and its operator key', async () => {
    const nowhere = await admin(['overview'], { TRIBUTARY_URL: '' });
    expect([nowhere.exit, nowhere.err]).toEqual([
      EXIT.usage,
      expect.stringContaining('(usage_error)'),
    ]);
    const keyless = await admin(['overview'], { TRIBUTARY_OPERATOR_KEY: '' });
    expect([keyless.exit, keyless.err]).toEqual([
      EXIT.auth,
      expect.stringContaining('(operator_key_missing)'),
    ]);
    const tenant = await admin(['overview'], { TRIBUTARY_OPERATOR_KEY: app.apiKey });
    expect([tenant.exit, tenant.err]).toEqual([
      EXIT.auth,
      expect.stringContaining('(operator_only)'),
    ]);
  });
});
