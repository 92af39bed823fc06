import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Corpus } from '../support/corpus.js';

export interface EqualFolders {
  /** The folder above all of them. */
  root: string;
  paths: string[];
  remove(): void;
}

/** `count` folders of the same number of short notes each. */
export function makeEqualFolders(count: number, files: number): EqualFolders {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'tributary-fairness-')));
  const corpus = new Corpus();
  const paths = Array.from({ length: count }, (_, n) => {
    const path = join(root, `source-${String(n).padStart(4, '0')}`);
    mkdirSync(path);
    for (let file = 0; file < files; file += 1)
      writeFileSync(join(path, `note-${file}.md`), corpus.text(12));
    return path;
  });
  return { root, paths, remove: () => rmSync(root, { recursive: true, force: true }) };
}
