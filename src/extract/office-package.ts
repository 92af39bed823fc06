import { posix } from 'node:path';
import { ExtractionError } from './extractor.js';
import { childrenOf, descendantsOf, parseXml, textOf, type XmlElement } from './xml-tree.js';
import { ZipArchive } from './zip-archive.js';

export type OfficeKind = 'docx' | 'xlsx' | 'pptx';

export interface Relationship {
  id: string;
  /** Last segment of the type's URI, the same in transitional and strict files: `slide`, `header`. */
  type: string;
  /** Name of the part in the container. */
  target: string;
}

/** Titles that programs put in by themselves. */
const DEFAULT_TITLE =
  /^(powerpoint presentation|untitled|document\s?\d*|presentation\s?\d*|book\s?\d*)$/i;

const FOLDERS: Readonly<Record<string, OfficeKind>> = { word: 'docx', xl: 'xlsx', ppt: 'pptx' };

const MAIN_ELEMENTS: Readonly<Record<string, OfficeKind>> = {
  document: 'docx',
  workbook: 'xlsx',
  presentation: 'pptx',
};

/** A file of Word, Excel or PowerPoint: parts in a zip container (ECMA-376 part 2). */
export class OfficePackage {
  readonly kind: OfficeKind;
  /** Name of the part that everything else hangs on: `word/document.xml`. */
  readonly mainPart: string;
  private readonly archive: ZipArchive;

  /** @throws ExtractionError `corrupt`, `encrypted`, `expansion_limit`, `unsupported_media_type` */
  constructor(bytes: Uint8Array) {
    this.archive = new ZipArchive(bytes);
    const main = this.relationships('').find(({ type }) => type === 'officeDocument')?.target;
    const mainPart = main && this.archive.has(main) ? main : this.guessMainPart();
    const kind = mainPart && (FOLDERS[mainPart.split('/')[0]!] ?? this.kindOf(mainPart));
    if (!mainPart || !kind) {
      throw new ExtractionError(
        'unsupported_media_type',
        'The file is a zip archive, but not a Word, Excel or PowerPoint document.',
      );
    }
    this.mainPart = mainPart;
    this.kind = kind;
  }

  names(): string[] {
    return this.archive.names();
  }

  has(part: string): boolean {
    return this.archive.has(part);
  }

  /** Unpacked size of a part in bytes. */
  size(part: string): number {
    return this.archive.size(part);
  }

  /**
   * Text of an XML part, or of its first `maxBytes`. A document type is refused: Office never
   * writes one (ECMA-376 part 2, 8.1.4), and entities are how XML bombs are built.
   */
  xml(part: string, maxBytes?: number): string {
    const bytes = this.archive.read(part, maxBytes);
    const encoding = bytes[0] === 0xff ? 'utf-16le' : bytes[0] === 0xfe ? 'utf-16be' : 'utf-8';
    const text = new TextDecoder(encoding).decode(bytes);
    if (/<!(DOCTYPE|ENTITY)/i.test(text)) {
      throw new ExtractionError(
        'corrupt',
        `Its part ${part} declares entities, which Office files do not.`,
      );
    }
    return text;
  }

  tree(part: string): XmlElement {
    return parseXml(this.xml(part));
  }

  /** What a part refers to inside the container, in file order; `''` is the package itself. */
  relationships(part: string): Relationship[] {
    const folder = posix.dirname(part);
    const file = posix.join(folder, '_rels', `${posix.basename(part)}.rels`);
    if (!this.archive.has(file)) return [];
    return childrenOf(this.tree(file), 'Relationship')
      .filter(({ attributes }) => attributes.TargetMode !== 'External')
      .map(({ attributes }) => ({
        id: attributes.Id ?? '',
        type: posix.basename(attributes.Type ?? ''),
        target: posix.resolve('/', folder, attributes.Target ?? '').slice(1),
      }));
  }

  /** Parts of that type which a part refers to and the container has. */
  related(part: string, type: string): string[] {
    return this.relationships(part)
      .filter((relationship) => relationship.type === type && this.has(relationship.target))
      .map(({ target }) => target);
  }

  /** The title in the document properties, unless the program made it up. */
  title(): string | undefined {
    const part = this.related('', 'core-properties')[0];
    const title = part && textOf(descendantsOf(this.tree(part), 'title')[0]).trim();
    return title && !DEFAULT_TITLE.test(title) ? title : undefined;
  }

  private guessMainPart(): string | undefined {
    return ['word/document.xml', 'xl/workbook.xml', 'ppt/presentation.xml'].find((part) =>
      this.archive.has(part),
    );
  }

  private kindOf(part: string): OfficeKind | undefined {
    const root = /<(?:\w+:)?(document|workbook|presentation)[\s>]/.exec(this.xml(part, 4096));
    return root ? MAIN_ELEMENTS[root[1]!] : undefined;
  }
}
