import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { EXTRACTION_FAILURES } from '../../../src/extract/extractor.js';
import type { RunDetailAnswer } from '../../../src/runs/runs.schema.js';
import type { SearchHit } from '../../../src/search/search.schema.js';
import { databases } from '../../support/database-fixtures.js';
import { eventually } from '../../support/eventually.js';
import { syncedFolder, type SyncedFolder } from '../../support/synced-folder.js';

const data = process.env.TRIBUTARY_TEST_DATA;

const PAGES = 'handbook/pages';

/** Questions as people ask them, and the page that answers. */
const QUESTIONS: [question: string, page: string][] = [
  ['How many weeks off do I get when my child is born?', 'travel-and-leave/paid-parental-leave.md'],
  ['What do I do when I forget the PIN of my badge?', 'getting-started/piv.md'],
  [
    'Can I give my vacation days to a colleague with a medical emergency?',
    'travel-and-leave/voluntary-leave-transfer-program.md',
  ],
  ['How do I cryptographically sign my commits?', 'tools/git-signing.md'],
  [
    'Who pays security researchers that report a vulnerability?',
    'general-information-and-resources/tech-policies/bug-bounty.md',
  ],
  [
    'Is there a subsidy for taking the bus or the train to work?',
    'general-information-and-resources/employee-resources-policies/transit-benefit.md',
  ],
  [
    'I got married, how do I get my new name into the systems?',
    '18f/how-18f-works/changing-your-name.md',
  ],
  ['How do I get access to the registry of container images?', 'tools/docker-hub.md'],
  ['How do I invite a vendor into our Slack workspace?', 'tools/slack/external-collaboration.md'],
  ['Can I be paid or get time off for working extra hours?', 'travel-and-leave/overtime.md'],
];

/** Office files that yield no text, each for a reason of its own. */
const UNREADABLE = {
  'office/tika/testEXCEL_protected_passtika.xlsx': 'encrypted',
  'office/tika/testWORD_protected_passtika.docx': 'encrypted',
  'office/tika/testWORD_truncated.docx': 'corrupt',
};

if (!data || !existsSync(join(data, 'handbook'))) {
  describe.skip('real input (skipped: TRIBUTARY_TEST_DATA holds no handbook)', () => {
    it('is found', () => undefined);
  });
} else {
  describe.each(databases().slice(0, 1))('real input on $name', ({ open }) => {
    let folder: SyncedFolder;
    let files: string[];
    let index: Map<string, string>;
    let run: RunDetailAnswer;

    beforeAll(async () => {
      folder = await syncedFolder(await open());
      const handbook = join(folder.root, 'handbook');
      mkdirSync(handbook);
      execFileSync('tar', ['-xzf', join(data, 'handbook', '18f-handbook-md.tgz'), '-C', handbook]);
      cpSync(join(data, 'office'), join(folder.root, 'office'), { recursive: true });
      // The archive has a page below `.github`, which is hidden unless asked for.
      await folder.app.request('PATCH', `/v1/memory/connections/${folder.connection}`, {
        body: { config: { path: folder.root, hidden: true } },
      });
      files = readdirSync(folder.root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.root.length + 1));
      const { id } = await folder.sync();
      run = await eventually('the end of the sync', async () => {
        const { body } = await folder.app.request('GET', `/v1/memory/runs/${id}`);
        return body.finished_at === null ? undefined : (body as RunDetailAnswer);
      });
      index = await folder.index();
    });
    afterAll(() => folder.close());

    const search = async (body: Record<string, unknown>): Promise<SearchHit[]> => {
      const answer = await folder.app.request('POST', '/v1/memory/search', { body });
      if (answer.status !== 200) throw new Error(answer.text);
      return answer.body as SearchHit[];
    };
    const sourceOf = (hit: SearchHit) => hit.metadata['external_id'];

    it('is stored file by file, or its failure is named with a reason', async () => {
      // 251 pages, one of which is a link to another one.
      expect(files.filter((file) => file.startsWith('handbook/'))).toHaveLength(250);
      expect(run.counts.skipped).toEqual({ symlink: 1 });
      const path = `/v1/memory/connections/${folder.connection}/failures`;
      const failures = (await folder.app.request('GET', path)).body as {
        external_id: string;
        code: string;
        message: string;
      }[];
      const codes = failures.map(({ external_id: file, code }) => [file, code]);
      expect(Object.fromEntries(codes)).toEqual(UNREADABLE);
      for (const { code, message } of failures) {
        expect(Object.keys(EXTRACTION_FAILURES)).toContain(code);
        expect(message).not.toBe('');
      }
      const settled = [...index.keys(), ...Object.keys(UNREADABLE)].sort();
      expect(settled).toEqual(files.sort());
    });

    it('is found by a phrase of each file', async () => {
      const plain = new Map([...index].map(([file, text]) => [file, wordsOf(text)]));
      const lost: string[] = [];
      for (const [file, text] of plain) {
        const others = [...plain].filter(([name]) => name !== file).map(([, other]) => other);
        const hits = await search({ query: phraseOf(text, others), limit: 10 });
        if (!hits.some((hit) => sourceOf(hit) === file)) lost.push(file);
      }
      expect(lost).toEqual([]);
    });

    it.each(QUESTIONS)('answers "%s" within the first three results', async (query, page) => {
      const hits = await search({ query, limit: 3 });
      expect(hits.map(sourceOf)).toContain(`${PAGES}/${page}`);
    });

    it('is neither read nor embedded again when nothing has changed', async () => {
      const { counts } = await folder.sync();
      const { unchanged, fetched, embedded, created, updated, deleted } = counts;
      expect({ unchanged, fetched, embedded, created, updated, deleted }).toEqual({
        ...{ unchanged: index.size, fetched: 0, embedded: 0 },
        ...{ created: 0, updated: 0, deleted: 0 },
      });
    });
  });
}

const wordsOf = (text: string): string => (text.match(/[\p{L}\p{N}]+/gu) ?? []).join(' ');

/** Words in a row that no other file has, else its first ones: a copy may stand for its original. */
function phraseOf(text: string, others: readonly string[]): string {
  const words = text.split(' ');
  const length = 12;
  // From the middle on, so that it is not always the title that is found.
  const from = Math.max(0, Math.floor(words.length / 2) - length);
  for (let at = from; at < words.length; at += length) {
    const phrase = words.slice(at, at + length).join(' ');
    if (!others.some((other) => other.includes(phrase))) return phrase;
  }
  return words.slice(0, length).join(' ');
}
