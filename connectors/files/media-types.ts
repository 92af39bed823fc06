import { extname } from 'node:path';

const OOXML = 'application/vnd.openxmlformats-officedocument';

/** Extension (lower case, no dot) -> media type. docs/guides/sync-a-folder.md lists them. */
const BY_EXTENSION: ReadonlyMap<string, string> = new Map([
  ...['md', 'markdown', 'mdx', 'mdown'].map((it) => [it, 'text/markdown'] as const),
  ...['html', 'htm', 'xhtml'].map((it) => [it, 'text/html'] as const),
  ['csv', 'text/csv'],
  ['tsv', 'text/tab-separated-values'],
  ['pdf', 'application/pdf'],
  ...['docx', 'docm', 'dotx'].map((it) => [it, `${OOXML}.wordprocessingml.document`] as const),
  ...['xlsx', 'xlsm', 'xltx'].map((it) => [it, `${OOXML}.spreadsheetml.sheet`] as const),
  ...['pptx', 'pptm', 'ppsx', 'potx'].map(
    (it) => [it, `${OOXML}.presentationml.presentation`] as const,
  ),
  ...['json', 'jsonl', 'ndjson'].map((it) => [it, 'application/json'] as const),
  ...['yaml', 'yml'].map((it) => [it, 'application/yaml'] as const),
  ['xml', 'application/xml'],
  ...[
    // Prose in other markups, transcripts and logs.
    ...['txt', 'text', 'rst', 'org', 'adoc', 'asciidoc', 'textile', 'tex', 'bib', 'wiki'],
    ...['log', 'srt', 'vtt', 'toml', 'ini', 'conf', 'properties'],
    // Source code: comments and names are what a team writes, too.
    ...['ts', 'tsx', 'mts', 'cts', 'js', 'jsx', 'mjs', 'cjs', 'vue', 'svelte', 'css', 'scss'],
    ...['py', 'rb', 'php', 'pl', 'lua', 'r', 'jl', 'go', 'rs', 'java', 'kt', 'kts', 'scala'],
    ...['c', 'h', 'cc', 'cpp', 'hpp', 'cs', 'fs', 'm', 'swift', 'dart', 'zig', 'ex', 'exs', 'erl'],
    ...['hs', 'ml', 'clj', 'el', 'sql', 'graphql', 'proto', 'sh', 'bash', 'zsh', 'fish', 'ps1'],
    ...['tf', 'gradle', 'cmake', 'nix'],
  ].map((it) => [it, 'text/plain'] as const),
]);

/** Files known by their whole name (lower case), which have no extension. */
const BY_NAME: ReadonlySet<string> = new Set([
  ...['readme', 'license', 'licence', 'notice', 'changelog', 'changes', 'authors', 'todo'],
  ...['contributing', 'copying', 'news', 'history', 'makefile', 'dockerfile'],
]);

/** Media type by name; null: files of this kind are not read. */
export function mediaTypeOf(name: string): string | null {
  const lower = name.toLowerCase();
  return BY_EXTENSION.get(extname(lower).slice(1)) ?? (BY_NAME.has(lower) ? 'text/plain' : null);
}
