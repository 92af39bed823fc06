import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScriptedEndpoint } from '../../../src/inference/openai/embeddings-endpoint.contract.js';
import { migratedDataDirectory } from '../../support/data-directory-template.js';
import { runCli } from '../cli/cli-process.js';

/** The guides' lines, which this file runs. */
const BACKUP = 'tributary backup /mnt/usb/monday';
const LIST = 'tributary backup --list';
const RESTORE = 'tributary restore latest --force';
const OTHER_MODEL = 'tributary reindex --collection handbook --model text-embedding-3-small';

describe('commands of the guides on a data directory without a server', () => {
  let dataDir: string;
  let usb: string;
  beforeEach(async () => {
    dataDir = await migratedDataDirectory();
    usb = await mkdtemp(join(tmpdir(), 'tributary-usb-'));
  });
  afterEach(async () => {
    for (const folder of [dataDir, usb]) await rm(folder, { recursive: true, force: true });
  });

  /** Answers what the line printed. */
  async function typed(line: string, more: Record<string, string> = {}): Promise<string> {
    const args = line.split(' ').slice(1);
    const env = { TRIBUTARY_DATA_DIR: dataDir, ...more };
    const { exit, stdout, stderr } = await runCli(args, { env });
    expect({ line, exit, stderr }).toMatchObject({ exit: 0 });
    return stdout;
  }
  const texts = async (): Promise<string[]> => {
    const found = JSON.parse(await typed('tributary search tide --mode text --json')) as object[];
    return found.map((hit) => (hit as { text: string }).text).toSorted();
  };

  it('back up, and go back to a backup', async () => {
    await typed('tributary add tide-one');
    const monday = BACKUP.replace('/mnt/usb', usb);
    expect(await typed(monday)).toContain(join(usb, 'monday'));
    expect(await typed(LIST)).toContain('No backups yet');
    // As a server makes one every day.
    await typed('tributary backup');
    expect(await typed(LIST)).toContain(join(dataDir, 'backups'));
    await typed('tributary add tide-two');
    expect(await texts()).toEqual(['tide-one', 'tide-two']);
    await typed(RESTORE);
    expect(await texts()).toEqual(['tide-one']);
  });

  it('give a collection another model', async () => {
    const endpoint = new ScriptedEndpoint();
    await endpoint.open();
    try {
      await typed('tributary add tide-one --collection handbook');
      const done = await typed(`${OTHER_MODEL} --json`, {
        TRIBUTARY_EMBEDDING_MODELS: 'text-embedding-3-small',
        OPENAI_BASE_URL: endpoint.baseUrl,
      });
      expect(JSON.parse(done)).toMatchObject([
        { status: 'success', result: { model: 'openai:text-embedding-3-small', embedded: 1 } },
      ]);
    } finally {
      endpoint.close();
    }
  });
});
