import { strToU8, zipSync, type Zippable } from 'fflate';
import mammoth from 'mammoth';
import { oneLine } from '../clean-text.js';
import type { ExtractedText } from '../extractor.js';
import type { OfficePackage } from '../office-package.js';
import { descendantsOf, textOf } from '../xml-tree.js';
import { htmlToMarkdown } from './html-to-markdown.js';
import { slimWordXml } from './word-xml.js';

/** Parts that hold text or decide how it is read; everything else stays unopened. */
const NEEDED = /(^|\/)(document\w*|styles|numbering|footnotes|endnotes|comments)\.xml$/;

const STRICT_RELATION = 'http://purl.oclc.org/ooxml/officeDocument/relationships/';
const RELATION = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships/';

const STYLE_MAP = [
  "p[style-name='Title'] => h1:fresh",
  "p[style-name='title'] => h1:fresh",
  "p[style-name='Subtitle'] => p:fresh",
  'comment-reference => sup',
];

/** A Word document: body, notes and comments as Markdown, then its headers and footers. */
export async function readDocx(office: OfficePackage): Promise<ExtractedText> {
  const { value: html } = await mammoth.convertToHtml(
    { buffer: repack(office) },
    {
      styleMap: STYLE_MAP,
      externalFileAccess: false,
      includeEmbeddedStyleMap: false,
      convertImage: mammoth.images.imgElement(() => Promise.resolve({ src: '' })),
    },
  );
  const markdown = htmlToMarkdown(html);
  const blocks = [markdown, ...marginTexts(office, markdown)];
  const title = office.title() ?? /^# (.+)$/m.exec(markdown)?.[1];
  return { text: blocks.join('\n\n'), title };
}

/**
 * A container of only the needed parts, already unpacked within the limits: mammoth never sees the
 * original one, nor pictures and embedded files.
 */
function repack(office: OfficePackage): Buffer {
  const parts: Zippable = {};
  for (const name of office.names()) {
    if (name === '[Content_Types].xml' || name.endsWith('.rels')) {
      // mammoth knows the namespaces of strict files, but not their relationships.
      parts[name] = strToU8(office.xml(name).replaceAll(STRICT_RELATION, RELATION));
    } else if (name === office.mainPart || NEEDED.test(name)) {
      parts[name] = strToU8(slimWordXml(office.xml(name)));
    }
  }
  return Buffer.from(zipSync(parts, { level: 0 }));
}

/** Each different text of the page headers and footers that the body does not have. */
function marginTexts(office: OfficePackage, body: string): string[] {
  const parts = ['header', 'footer'].flatMap((type) => office.related(office.mainPart, type));
  const paragraphs = parts.flatMap((part) =>
    descendantsOf(office.tree(part), 'p').map((paragraph) =>
      oneLine(descendantsOf(paragraph, 't').map(textOf).join('')),
    ),
  );
  // A lone number is the page number that the program last computed.
  return [...new Set(paragraphs)].filter((text) => /\p{L}/u.test(text) && !body.includes(text));
}
