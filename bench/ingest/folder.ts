import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Corpus } from '../support/corpus.js';

export interface BenchFolder {
  path: string;
  files: string[];
  remove(): void;
}

/** `count` Markdown files of one chunk each, in twenty folders; other texts for another seed. */
export function makeFolder(count: number, words: number, seed?: number): BenchFolder {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'tributary-bench-')));
  const corpus = new Corpus(seed);
  const files: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const folder = join(path, `folder-${String(n % 20).padStart(2, '0')}`);
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `note-${n}.md`);
    writeFileSync(file, `# ${corpus.text(4)}\n\n${corpus.text(words)}\n`);
    files.push(file);
  }
  return { path, files, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export function editShare(folder: BenchFolder, share: number): void {
  const step = Math.round(1 / share);
  for (let at = 0; at < folder.files.length; at += step)
    appendFileSync(folder.files[at]!, `\nEdited for the second sync, number ${at}.\n`);
}
