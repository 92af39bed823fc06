import { noDrift } from '../../reindex/findings.js';
import { judgeIndex } from './index-checks.js';

const drift = (found: object, mended: object = {}, models: string[] = []) => ({
  found: { ...noDrift(), ...found },
  mended: { ...noDrift(), ...mended },
  checked: 1200,
  unconfigured_models: models,
});

describe('doctor on the index', () => {
  it('is content without drift', () => {
    expect(judgeIndex(drift({}), false)).toMatchObject({
      state: 'ok',
      message: '1,200 memories and points checked, no drift',
    });
  });

  it('fails for drift and says how it is mended', () => {
    const found = { memories_without_vector: 2, points_without_row: 1 };
    expect(judgeIndex(drift(found), false)).toMatchObject({
      state: 'fail',
      message: expect.stringMatching(
        /^2 memories without a vector, 1 point without a row; .*--repair/,
      ),
    });
    expect(judgeIndex(drift(found, found), true)).toMatchObject({
      state: 'ok',
      message: 'mended: 2 memories without a vector, 1 point without a row',
    });
  });

  it('names the models that it would need', () => {
    const left = drift({ memories_without_vector: 3 }, { memories_without_vector: 1 }, ['m', 'm']);
    expect(judgeIndex(left, true)).toMatchObject({
      state: 'fail',
      message: 'mended: 1 memory without a vector; 2 memories without a vector; not configured: m',
    });
  });
});
