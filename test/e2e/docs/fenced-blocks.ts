/** One fenced code block of a Markdown file. */
export interface FencedBlock {
  file: string;
  /** Line of the opening fence, from 1 on. */
  line: number;
  /** First word of the info string, e.g. `sh`. */
  language: string;
  /** The other words, which snippets.spec.ts explains. */
  marks: string[];
  text: string;
}

const FENCE = /^\s*(`{3,}|~{3,})(.*)$/;

export function fencedBlocks(file: string, markdown: string): FencedBlock[] {
  const blocks: FencedBlock[] = [];
  let open: { fence: string; block: FencedBlock; lines: string[] } | undefined;
  markdown.split('\n').forEach((line, at) => {
    const [, fence = '', info = ''] = FENCE.exec(line) ?? [];
    if (open) {
      if (fence.startsWith(open.fence) && info.trim() === '') {
        blocks.push({ ...open.block, text: open.lines.join('\n') });
        open = undefined;
      } else open.lines.push(line);
    } else if (fence !== '') {
      const [language = '', ...marks] = info.trim().split(/\s+/);
      open = { fence, block: { file, line: at + 1, language, marks, text: '' }, lines: [] };
    }
  });
  if (open) throw new Error(`${file}:${open.block.line} opens a code block that nothing closes`);
  return blocks;
}
