import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json, assets/ and dist/, found from any source or built file. */
export const projectRoot = findRoot(import.meta.dirname);

function findRoot(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) throw new Error(`no package.json above ${from}`);
  }
}

/**
 * Path of a compiled module beside the caller, for worker threads and child processes, which
 * cannot load TypeScript: `compiled(import.meta.url, './extract.child.js')`. Callers that run
 * from source (tests) get the file under dist/.
 */
export function compiled(callerUrl: string, path: string): string {
  const target = resolve(dirname(fileURLToPath(callerUrl)), path);
  const built = join(projectRoot, 'dist');
  if (target.startsWith(built)) return target;
  const inBuild = join(built, relative(projectRoot, target));
  if (!existsSync(inBuild)) throw new Error(`${inBuild} is missing: run "npm run build" first`);
  return inBuild;
}
