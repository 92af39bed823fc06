import { XMLParser } from 'fast-xml-parser';
import { ExtractionError } from './extractor.js';

/** An element; its name has lost the namespace prefix, its attributes keep theirs. */
export interface XmlElement {
  name: string;
  attributes: Readonly<Record<string, string>>;
  children: readonly (XmlElement | string)[];
}

const ATTRIBUTES = ':@';
const TEXT = '#text';

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  htmlEntities: true,
  maxNestedTags: 500,
});

/**
 * Parses an XML part and gives its root.
 * @throws ExtractionError `corrupt`
 */
export function parseXml(xml: string): XmlElement {
  let root: XmlElement | undefined;
  try {
    const nodes = parser.parse(xml) as unknown[];
    root = nodes.map(toElement).find((node) => typeof node === 'object');
  } catch (error) {
    throw new ExtractionError('corrupt', 'A part of the file is not valid XML.', { cause: error });
  }
  if (!root) throw new ExtractionError('corrupt', 'A part of the file is not XML.');
  return root;
}

/** Direct child elements, of any name or of one. */
export function childrenOf(element: XmlElement | undefined, name?: string): XmlElement[] {
  return (element?.children ?? []).filter(
    (child): child is XmlElement =>
      typeof child === 'object' && (name === undefined || child.name === name),
  );
}

export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return childrenOf(element, name)[0];
}

/** All elements of that name below, in document order; found ones are not searched further. */
export function descendantsOf(element: XmlElement | undefined, name: string): XmlElement[] {
  return childrenOf(element).flatMap((child) =>
    child.name === name ? [child] : descendantsOf(child, name),
  );
}

/** All text below, as it is. */
export function textOf(element: XmlElement | undefined): string {
  return (element?.children ?? [])
    .map((child) => (typeof child === 'string' ? child : textOf(child)))
    .join('');
}

/** The id of the relationship that an element uses (`r:id`), under any prefix. */
export function relationshipIdOf(element: XmlElement): string | undefined {
  return Object.entries(element.attributes).find(([name]) => name.endsWith(':id'))?.[1];
}

/** fast-xml-parser's ordered form of a node: `{ [name]: children[], ':@': attributes }`. */
function toElement(node: unknown): XmlElement | string {
  const record = node as Record<string, unknown>;
  const name = Object.keys(record).find((key) => key !== ATTRIBUTES) ?? '';
  const content = record[name];
  if (name === TEXT) return String(content);
  return {
    name: name.slice(name.indexOf(':') + 1),
    attributes: (record[ATTRIBUTES] as Record<string, string> | undefined) ?? {},
    children: Array.isArray(content) ? content.map(toElement) : [],
  };
}
