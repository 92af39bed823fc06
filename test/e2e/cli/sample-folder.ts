import { mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PAGES: Record<string, string> = {
  'garden/tomatoes.md': '# Tomatoes\n\n## Watering\n\nWater tomatoes early in the morning.',
  'garden/pruning.md': '# Pruning\n\nCut the side shoots of the vine once a week.',
  'kitchen/sourdough.md': '# Sourdough\n\n## Feeding the starter\n\nFeed it with rye flour daily.',
  'kitchen/soup.txt': 'A good lentil soup needs cumin and a squeeze of lemon.',
};

/** A new folder with four documents in two partitions; the caller removes it. */
export async function sampleFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'tributary-cli-')));
  for (const [path, text] of Object.entries(PAGES)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}
