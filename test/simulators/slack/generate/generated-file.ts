import { tinyPdf } from './tiny-pdf.js';
import type { SeededRandom } from '../../support/seeded-random.js';
import type { SlackFile } from '../model/slack-file.js';
import type { Workspace } from '../model/workspace.js';
import { documentText } from './small-talk.js';

/** The smallest PNG: one transparent pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);
const KINDS: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  pdf: 'application/pdf',
  png: 'image/png',
  txt: 'text/plain',
};
/** Of the files that people share, most are pictures. */
const IMAGE_SHARE = 0.6;

interface Sharing {
  readonly user: string;
  /** Microseconds. */
  readonly at: number;
}

/** A file of a hand-written thread: its kind follows from its name. @param text ASCII for PDF */
export function writtenFile(
  workspace: Workspace,
  { name, text }: { name: string; text: string },
  sharing: Sharing,
): SlackFile {
  return addFile(workspace, name, text, sharing);
}

/** A picture, a note, a table or a small PDF. */
export function generatedFile(
  workspace: Workspace,
  random: SeededRandom,
  sharing: Sharing,
): SlackFile {
  const number = random.between(100, 99_999);
  if (random.chance(IMAGE_SHARE)) {
    return addFile(workspace, `screenshot-${number}.png`, null, sharing);
  }
  const text = documentText(random);
  const kind = random.pick(['txt', 'csv', 'pdf']);
  const content = kind === 'csv' ? `note,number\n"${text}",${number}\n` : text;
  return addFile(workspace, `notes-${number}.${kind}`, content, sharing);
}

function addFile(
  workspace: Workspace,
  name: string,
  text: string | null,
  { user, at }: Sharing,
): SlackFile {
  const filetype = name.split('.').at(-1) ?? 'txt';
  const bytes = (): Uint8Array => {
    if (text === null) return PNG;
    return filetype === 'pdf' ? tinyPdf(text) : Buffer.from(text);
  };
  const file: SlackFile = {
    id: workspace.newId('F'),
    name,
    title: name.replace(/\.\w+$/, '').replaceAll('-', ' '),
    mimetype: KINDS[filetype] ?? 'text/plain',
    filetype,
    user,
    created: Math.floor(at / 1_000_000),
    size: bytes().length,
    bytes,
    text,
    shares: new Map(),
    deleted: false,
  };
  workspace.files.set(file.id, file);
  return file;
}
