/**
 * Writes docs/guides/errors.md from src/common/errors/error-codes.ts:
 *
 *   node tools/generate-error-docs.mjs           writes the file
 *   node tools/generate-error-docs.mjs --check   exits 1 where the file differs from the codes
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const guide = new URL('../docs/guides/errors.md', import.meta.url);
const registry = new URL('../src/common/errors/error-codes.ts', import.meta.url);

const INTRODUCTION = `<!-- Written by tools/generate-error-docs.mjs; edit src/common/errors/error-codes.ts instead. -->
# Errors

Every error has the same body, whatever route and whatever went wrong. Only what cannot be read as HTTP at all, or has
headers of more than 16 KB, gets a bare 400 or 431:

\`\`\`json
{ "detail": "There is no collection \\"notes\\".", "code": "collection_not_found", "request_id": "..." }
\`\`\`

- \`code\` is stable: switch on it. \`detail\` is for people and may change.
- \`detail\` is a text, except for \`validation_failed\`: there it is a list of \`{loc, msg, type}\`, one
  per field that is wrong.
- \`request_id\` is also the header \`X-Request-Id\` and stands in the server's log. A request that
  brings its own \`X-Request-Id\` keeps it.
- \`Retry-After\` (seconds) comes with 429, with \`idempotency_in_progress\` and with each 503 that a
  retry can cure.

A client should retry 429, 502, 503 and 504 after \`Retry-After\` (or with a growing pause), send an
\`Idempotency-Key\` with every write that it may repeat, and give up at once on the other 4xx, save
\`idempotency_in_progress\`. A process that dies in the middle of a request keeps its key for 30 s; then
the request is run again, and of what was done already a deletion answers 404, while additions are
not made twice.

Numbers in metadata are doubles, as in every JSON of JavaScript: an integer above 2^53 belongs into a
text.
`;

/** The registry is plain data, so it can be read without a build. */
async function readCodes() {
  const { outputText } = ts.transpileModule(readFileSync(registry, 'utf8'), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  const module = await import(`data:text/javascript,${encodeURIComponent(outputText)}`);
  return Object.entries(module.ERROR_CODES);
}

function render(codes) {
  const statuses = [...new Set(codes.map(([, { status }]) => status))].sort((a, b) => a - b);
  const sections = statuses.map((status) => {
    const rows = codes
      .filter(([, entry]) => entry.status === status)
      .map(([code, { meaning }]) => `| \`${code}\` | ${meaning.replaceAll('|', '\\|')} |\n`);
    return `## ${status} ${STATUS_CODES[status]}\n\n| code | meaning |\n|---|---|\n${rows.join('')}`;
  });
  return [INTRODUCTION, ...sections].join('\n');
}

const text = render(await readCodes());
if (!process.argv.includes('--check')) {
  writeFileSync(guide, text);
} else if (readFileSync(guide, 'utf8') !== text) {
  process.stderr.write(
    `${fileURLToPath(guide)} differs from the codes: run "node tools/generate-error-docs.mjs"\n`,
  );
  process.exitCode = 1;
}
