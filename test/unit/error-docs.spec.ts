import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../../src/common/compiled.js';

describe('docs/guides/errors.md', () => {
  it('lists exactly the error codes of the registry', () => {
    const generator = join(projectRoot, 'tools', 'generate-error-docs.mjs');
    const { status, stderr } = spawnSync(process.execPath, [generator, '--check'], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
