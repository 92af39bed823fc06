import { oneLine } from '../clean-text.js';
import type { ExtractedText } from '../extractor.js';
import type { OfficePackage } from '../office-package.js';
import { TextWriter } from '../text-writer.js';
import {
  childOf,
  childrenOf,
  descendantsOf,
  relationshipIdOf,
  textOf,
  type XmlElement,
} from '../xml-tree.js';
import { chartText, drawingParagraphs, drawingTable } from './drawing-text.js';

const TITLES = new Set(['title', 'ctrTitle']);
/** Placeholders that repeat on every slide; header and footer text is kept once, at the end. */
const MARGINS = new Set(['ftr', 'hdr']);
const NUMBERS = new Set(['sldNum', 'dt', 'sldImg']);

interface Slide {
  title: string;
  blocks: string[];
  margins: string[];
}

/** A presentation: every slide under its number and title, with tables, charts and notes. */
export function readPptx(office: OfficePackage): ExtractedText {
  const writer = new TextWriter();
  const margins = new Set<string>();
  let firstTitle: string | undefined;
  slidesOf(office).forEach((part, i) => {
    if (writer.full) return;
    const slide = readSlide(office, part);
    firstTitle ??= slide.title || undefined;
    writer.block(`## Slide ${i + 1}${slide.title && `: ${slide.title}`}`);
    slide.blocks.forEach((block) => writer.block(block));
    slide.margins.forEach((text) => margins.add(text));
  });
  margins.forEach((text) => writer.block(text));
  return writer.finish(office.title() ?? firstTitle);
}

/** Parts of the slides in the order of the presentation. */
function slidesOf(office: OfficePackage): string[] {
  const slides = office.relationships(office.mainPart).filter(({ type }) => type === 'slide');
  const order = descendantsOf(office.tree(office.mainPart), 'sldId').map(relationshipIdOf);
  const inOrder = order.flatMap((id) => slides.filter((slide) => slide.id === id));
  return (inOrder.length > 0 ? inOrder : slides)
    .map(({ target }) => target)
    .filter((part) => office.has(part));
}

function readSlide(office: OfficePackage, part: string): Slide {
  const slide: Slide = { title: '', blocks: [], margins: [] };
  const tree = childOf(childOf(office.tree(part), 'cSld'), 'spTree');
  for (const shape of shapesOf(tree)) addShape(office, part, shape, slide);
  for (const diagram of office.related(part, 'diagramData')) {
    slide.blocks.push(list(office.tree(diagram)));
  }
  const notes = office
    .related(part, 'notesSlide')
    .flatMap((notesPart) => notesOf(office, notesPart, slide));
  if (notes.length > 0) slide.blocks.push(`Notes: ${notes.join('\n\n')}`);
  for (const comments of office.related(part, 'comments')) {
    for (const comment of descendantsOf(office.tree(comments), 'cm')) {
      slide.blocks.push(`Comment: ${commentText(comment)}`);
    }
  }
  return slide;
}

/** Shapes in drawing order, those in groups included; of alternatives the newest is read. */
function shapesOf(tree: XmlElement | undefined): XmlElement[] {
  return childrenOf(tree).flatMap((child) => {
    if (child.name === 'grpSp') return shapesOf(child);
    if (child.name === 'AlternateContent') return shapesOf(childOf(child, 'Choice'));
    return ['sp', 'cxnSp', 'graphicFrame', 'pic'].includes(child.name) ? [child] : [];
  });
}

function addShape(office: OfficePackage, part: string, shape: XmlElement, slide: Slide): void {
  const placeholder = placeholderOf(shape);
  if (placeholder !== undefined && NUMBERS.has(placeholder)) return;
  const text = drawingParagraphs(childOf(shape, 'txBody'));
  const joined = text.map((paragraph) => paragraph.text).join(' ');
  if (placeholder !== undefined && TITLES.has(placeholder) && slide.title === '') {
    slide.title = joined;
  } else if (placeholder !== undefined && MARGINS.has(placeholder)) {
    if (joined !== '') slide.margins.push(joined);
  } else if (shape.name === 'pic') {
    const description = descendantsOf(shape, 'cNvPr')[0]?.attributes.descr;
    if (description) slide.blocks.push(`Image: ${oneLine(description)}`);
  } else if (shape.name === 'graphicFrame') {
    descendantsOf(shape, 'tbl').forEach((table) => slide.blocks.push(drawingTable(table)));
    for (const chart of descendantsOf(shape, 'chart')) {
      const target = office
        .relationships(part)
        .find(({ id }) => id === relationshipIdOf(chart))?.target;
      if (target && office.has(target)) slide.blocks.push(chartText(office.tree(target)));
    }
  } else if (text.length > 0) {
    slide.blocks.push(list(childOf(shape, 'txBody')));
  }
}

/** Several paragraphs are bullet points, a single one is a sentence. */
function list(element: XmlElement | undefined): string {
  const paragraphs = drawingParagraphs(element);
  if (paragraphs.length === 1) return paragraphs[0]!.text;
  return paragraphs.map(({ text, level }) => `${'  '.repeat(level)}- ${text}`).join('\n');
}

/** The speaker's notes; header and footer of the notes page go to the margins. */
function notesOf(office: OfficePackage, part: string, slide: Slide): string[] {
  const tree = childOf(childOf(office.tree(part), 'cSld'), 'spTree');
  return shapesOf(tree).flatMap((shape) => {
    const placeholder = placeholderOf(shape) ?? '';
    const texts = drawingParagraphs(childOf(shape, 'txBody')).map(({ text }) => text);
    if (!MARGINS.has(placeholder)) return NUMBERS.has(placeholder) ? [] : texts;
    slide.margins.push(...texts);
    return [];
  });
}

/** Type of the placeholder that a shape fills (`body` where none is written), or undefined. */
function placeholderOf(shape: XmlElement): string | undefined {
  const properties = childrenOf(shape).find(({ name }) => /^nv\w+Pr$/.test(name));
  const placeholder = childOf(childOf(properties, 'nvPr'), 'ph');
  return placeholder && (placeholder.attributes.type ?? 'body');
}

/** Old comments keep their text in `p:text`, threaded ones in paragraphs. */
function commentText(comment: XmlElement): string {
  const plain = descendantsOf(comment, 'text').map(textOf);
  const paragraphs = drawingParagraphs(comment).map(({ text }) => text);
  return oneLine([...plain, ...paragraphs].join(' '));
}
