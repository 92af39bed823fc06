import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EditedFile, OptionalEdit, SourceEditor } from '../sdk/conformance/source-editor.js';
import { FaultyFileSystem } from './faulty-file-system.contract.js';
import { partitionOf } from './relative-path.js';

/**
 * A folder of Markdown files, edited and broken on purpose. Documents are made as
 * `<container>/<name>.md`; container `.` is the folder itself, and only files that were put as such
 * have names of their own. Give `fileSystem` to the connector under test, since the faults live in
 * it.
 */
export class FilesSourceEditor implements Required<Omit<SourceEditor, 'limitListing'>> {
  static readonly supports: readonly OptionalEdit[] = [
    ...(['touch', 'rename', 'move', 'removeContainer', 'deny', 'denyContainer'] as const),
    ...(['poison', 'failListing', 'truncateListing', 'loseAccount', 'putFile'] as const),
  ];

  readonly fileSystem = new FaultyFileSystem();
  /** The allowed root; the connection's folder lies in it. */
  readonly root = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'tributary-files-')));
  /** The connection's folder. */
  readonly path = join(this.root, 'notes');
  private lastTime = Date.now() / 1000 - 86_400;
  /** Files that are no Markdown, by id, and what is to be found in them. */
  private readonly others = new Map<string, string>();

  /** @param pageFiles as the connector under test has it */
  constructor(private readonly pageFiles: number) {
    fs.mkdirSync(this.path);
  }

  async createContainer(title: string): Promise<string> {
    await fs.promises.mkdir(this.at(title), { recursive: true });
    return title;
  }

  async put(container: string, name: string, text: string): Promise<string> {
    const id = container === '.' ? `${name}.md` : `${container}/${name}.md`;
    await this.write(id, text);
    return id;
  }

  async edit(id: string, text: string): Promise<void> {
    await this.write(id, text);
  }

  async remove(id: string): Promise<void> {
    await fs.promises.rm(this.at(id));
  }

  async truth() {
    const entries = await fs.promises.readdir(this.path, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.md'));
    const documents = files.map((file) => {
      const path = join(file.parentPath, file.name);
      const id = path.slice(this.path.length + 1);
      return [id, { partition: partitionOf(id), text: fs.readFileSync(path, 'utf8') }] as const;
    });
    const others = [...this.others]
      .filter(([id]) => fs.existsSync(this.at(id)))
      .map(([id, text]) => [id, { partition: partitionOf(id), text }] as const);
    return new Map([...documents.filter(([, { text }]) => text !== ''), ...others]);
  }

  contentReads(): number {
    return this.fileSystem.opened;
  }

  async repair(): Promise<void> {
    this.fileSystem.heal();
    if (fs.existsSync(this.lostPath)) await fs.promises.rename(this.lostPath, this.path);
  }

  async touch(id: string): Promise<void> {
    await this.write(id, await fs.promises.readFile(this.at(id), 'utf8'));
  }

  async rename(id: string, name: string): Promise<string> {
    const folder = id.includes('/') ? id.slice(0, id.lastIndexOf('/') + 1) : '';
    return this.renameTo(id, `${folder}${name}.md`);
  }

  async move(id: string, container: string): Promise<string> {
    const name = id.slice(id.lastIndexOf('/') + 1);
    return this.renameTo(id, container === '.' ? name : `${container}/${name}`);
  }

  /** Empty files are left out by the connector, wherever they are. */
  async putFile(container: string, { name, bytes, text }: EditedFile): Promise<string> {
    const id = container === '.' ? name : `${container}/${name}`;
    await this.write(id, bytes);
    if (text !== null && bytes.length > 0) this.others.set(id, text);
    return id;
  }

  async removeContainer(container: string): Promise<void> {
    await fs.promises.rm(this.at(container), { recursive: true });
  }

  deny(id: string): Promise<void> {
    this.fileSystem.fail(['readFile', 'access'], this.at(id), 'EACCES');
    return Promise.resolve();
  }

  denyContainer(container: string): Promise<void> {
    const calls = ['readdir', 'readFile', 'access'] as const;
    this.fileSystem.fail(calls, this.at(container), 'EACCES', { below: true });
    return Promise.resolve();
  }

  poison(id: string): Promise<void> {
    this.fileSystem.fail(['readFile'], this.at(id), 'EIO');
    return Promise.resolve();
  }

  async failListing(container: string, page: number, times: number): Promise<void> {
    const ids = [...(await this.truth()).keys()].filter((id) => partitionOf(id) === container);
    const first = ids.sort()[(page - 1) * this.pageFiles];
    if (first === undefined) throw new Error(`${container} has no page ${page}.`);
    this.fileSystem.fail(['lstat'], this.at(first), 'ESTALE', { times });
  }

  /** Adds a folder that sorts before all others and cannot be read. */
  async truncateListing(container: string): Promise<void> {
    const locked = join(this.at(container), '!locked');
    await fs.promises.mkdir(locked, { recursive: true });
    this.fileSystem.fail(['readdir'], locked, 'EACCES');
  }

  async loseAccount(): Promise<void> {
    await fs.promises.rename(this.path, this.lostPath);
  }

  async dispose(): Promise<void> {
    await fs.promises.rm(this.root, { recursive: true, force: true });
  }

  private get lostPath(): string {
    return join(this.root, 'lost');
  }

  private at(id: string): string {
    return join(this.path, id);
  }

  private async renameTo(id: string, to: string): Promise<string> {
    await fs.promises.rename(this.at(id), this.at(to));
    return to;
  }

  /** Every write has a time of its own, as writes by people have. */
  private async write(id: string, content: string | Uint8Array): Promise<void> {
    await fs.promises.writeFile(this.at(id), content);
    this.lastTime += 1;
    await fs.promises.utimes(this.at(id), this.lastTime, this.lastTime);
  }
}
