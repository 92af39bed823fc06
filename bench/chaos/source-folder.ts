import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Corpus } from '../support/corpus.js';

const FOLDERS = 5;
const WORDS = 40;

/** The folder that a connection syncs: what its files say is what the documents must say. */
export class SourceFolder {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), 'tributary-chaos-files-')));
  /** Text by path. */
  readonly files = new Map<string, string>();
  private made = 0;

  constructor(
    private readonly corpus: Corpus,
    private readonly random: () => number,
    count: number,
  ) {
    for (let n = 0; n < count; n += 1) this.add();
  }

  /** Some files change, as many come, and fewer go than would be held as a mass deletion. */
  edit(): void {
    const paths = [...this.files.keys()];
    const some = (share: number): string[] => paths.filter(() => this.random() < share);
    for (const path of some(0.3)) this.write(path);
    for (const path of some(0.05)) {
      this.files.delete(path);
      rmSync(path);
    }
    while (this.files.size < paths.length) this.add();
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  private add(): void {
    const at = this.made++;
    this.write(join(this.path, `folder-${at % FOLDERS}`, `note-${at}.md`));
  }

  private write(path: string): void {
    mkdirSync(dirname(path), { recursive: true });
    const text = `# ${this.corpus.text(4)}\n\n${this.corpus.text(WORDS)}\n`;
    writeFileSync(path, text);
    this.files.set(path, text);
  }
}
