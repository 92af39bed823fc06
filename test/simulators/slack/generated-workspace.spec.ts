import { PooledExtractor } from '../../../src/extract/pooled-extractor.js';
import { SimulatorClock, fixedTime } from '../support/simulator-clock.js';
import { CAST } from './generate/cast.js';
import { tinyPdf } from './generate/tiny-pdf.js';
import { generateWorkspace, TOPICS, type WorkspacePlan } from './generate/generate-workspace.js';
import type { SlackMessage } from './model/message.js';
import type { Workspace } from './model/workspace.js';
import { truthOf } from './truth.js';
import { blocksJson } from './wire/blocks-json.js';

const clock = new SimulatorClock(fixedTime(new Date('2026-11-02T09:00:00Z')));
const make = (plan: WorkspacePlan): Workspace => generateWorkspace(plan, clock);

const share = (messages: readonly SlackMessage[], of: (one: SlackMessage) => boolean): number =>
  messages.filter(of).length / messages.length;

describe('a generated workspace', () => {
  it('is the same for the same seed and shares no ids with another', () => {
    const [a, again, b] = [make({ seed: 1 }), make({ seed: 1 }), make({ seed: 2 })];
    expect(truthOf(again)).toEqual(truthOf(a));
    expect(b.team.id).not.toBe(a.team.id);
    const ids = new Set([...a.channels.keys(), ...a.users.keys(), ...a.files.keys()]);
    for (const id of [...b.channels.keys(), ...b.users.keys()]) expect(ids.has(id)).toBe(false);
  });

  it.each([0, 1, 37, 2500])('has exactly %i readable messages when asked for', (messages) => {
    expect(truthOf(make({ messages })).messages).toHaveLength(messages);
  });

  it('has as many channels with the bot as asked for, private and archived ones too', () => {
    const workspace = make({ channels: 40, messages: 100 });
    const joined = [...workspace.channels.values()].filter((one) => workspace.canRead(one));
    expect(joined).toHaveLength(40);
    expect(new Set(joined.map(({ name }) => name)).size).toBe(40);
    expect(joined.some(({ isPrivate }) => isPrivate)).toBe(true);
    expect(joined.some(({ isArchived }) => isArchived)).toBe(true);
    const outside = [...workspace.channels.values()].filter((one) => !workspace.canRead(one));
    expect(outside.map(({ name, isPrivate }) => [name, isPrivate])).toEqual([
      ['lunch', false],
      ['board', true],
    ]);
    for (const { history } of outside) expect(history.size).toBeGreaterThan(0);
  });

  it('tells every hand-written story, with every mention resolved', () => {
    const workspace = make({ channels: 13, messages: 600 });
    const { messages } = truthOf(workspace);
    expect(TOPICS.length).toBeGreaterThanOrEqual(40);
    const parents = TOPICS.map(({ lines }) => lines[0]![1].split(/[@#<:*`\n&]/)[0]!.trim());
    for (const start of parents) {
      expect(messages.filter(({ text }) => text.startsWith(start)).length).toBeGreaterThan(0);
    }
    const roles = CAST.map(({ key }) => key).join('|');
    const unresolved = new RegExp(`(?<![\\w(])@(${roles})\\b|<[@#!]|@@`);
    expect(messages.filter(({ text }) => unresolved.test(text))).toEqual([]);
  });

  it('has the proportions of a real one', () => {
    const workspace = make({ messages: 20_000 });
    const all = [...workspace.channels.values()].flatMap(({ history }) => [...history.all()]);
    const inThread = ({ threadAt, replies }: SlackMessage): boolean =>
      threadAt !== null || replies !== null;
    expect(share(all, inThread)).toBeCloseTo(0.85, 1);
    expect(share(all, ({ edited }) => edited !== null)).toBeCloseTo(0.16, 1);
    expect(share(all, ({ fileIds }) => fileIds !== null)).toBeCloseTo(0.12, 1);
    expect(share(all, ({ reactions }) => reactions !== null)).toBeCloseTo(0.32, 1);
    const sizes = all.flatMap(({ replies }) => replies?.length ?? []).sort((a, b) => a - b);
    expect(sizes[Math.floor(sizes.length / 2)]).toBe(5);
    const p90 = sizes[Math.floor(sizes.length * 0.9)]!;
    expect(p90).toBeGreaterThan(14);
    expect(p90).toBeLessThan(22);
    const layouts = new Set(all.map(({ layout }) => layout));
    expect([...layouts].sort()).toEqual(['blocks_only', 'rich', 'section']);
    const kinds = all.map(({ subtype }) => subtype);
    expect(kinds).toEqual(
      expect.arrayContaining(['bot_message', 'channel_join', 'thread_broadcast']),
    );
    const blocks = JSON.stringify(all.flatMap(blocksJson));
    for (const kind of ['rich_text_list', 'rich_text_preformatted', 'rich_text_quote', 'link']) {
      expect(blocks).toContain(`"${kind}"`);
    }
  });

  it('has files that can be read', () => {
    const files = [...make({ messages: 3000 }).files.values()];
    expect(new Set(files.map(({ filetype }) => filetype))).toEqual(
      new Set(['csv', 'pdf', 'png', 'txt']),
    );
    for (const file of files) expect(file.bytes().length).toBe(file.size);
  });

  it('has PDF files whose page holds every word', async () => {
    const texts = [...make({ messages: 3000 }).files.values()]
      .filter(({ filetype }) => filetype === 'pdf')
      .map(({ text }) => text!)
      .slice(0, 3);
    const long = Array.from({ length: 2000 }, (_, n) => `word${n} (of \\ many)`).join(' ');
    const extractor = new PooledExtractor({ timeoutMs: 240_000 });
    try {
      for (const text of [...texts, long]) {
        const read = await extractor.extract(tinyPdf(text), 'application/pdf');
        expect(read.text.split(/\s+/)).toEqual(text.split(/\s+/));
      }
    } finally {
      await extractor.close();
    }
  });

  it('lies wholly in the past, within the days asked for', () => {
    const { messages } = truthOf(make({ messages: 2000, days: 30 }));
    const now = clock.ms() / 1000;
    for (const { ts } of messages) {
      expect(Number(ts)).toBeLessThan(now);
      expect(Number(ts)).toBeGreaterThan(now - 31 * 86_400);
    }
  });
});
