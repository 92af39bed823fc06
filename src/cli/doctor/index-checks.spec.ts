import { noDrift } from '../../reindex/findings.js';
import { judgeIndex } from './index-checks.js';

const drift = (found: object, mended: object = {}, models: string[] = []) => ({
  found: { ...noDrift(), ...found },
  mended: { ...noDrift(), ...mended },
  checked: 1200,
  unconfigured_models: models,
});

const NOTHING = { marks: 0, errors: [] };

describe('doctor on the index', () => {
  it('is content without drift', () => {
    expect(judgeIndex(drift({}), NOTHING, false)).toMatchObject({
      state: 'ok',
      message: '1,200 memories and points checked, no drift',
    });
  });

  it('fails for drift and says how it is mended', () => {
    const found = { memories_without_vector: 2, points_without_row: 1 };
    expect(judgeIndex(drift(found), NOTHING, false)).toMatchObject({
      state: 'fail',
      message: expect.stringMatching(
        /^2 memories without a vector, 1 point without a row; .*--repair/,
      ),
    });
    expect(judgeIndex(drift(found, found), NOTHING, true)).toMatchObject({
      state: 'ok',
      message: 'mended: 2 memories without a vector, 1 point without a row',
    });
  });

  it('names the models that it would need', () => {
    const left = drift({ memories_without_vector: 3 }, { memories_without_vector: 1 }, ['m', 'm']);
    expect(judgeIndex(left, NOTHING, true)).toMatchObject({
      state: 'fail',
      message: 'mended: 1 memory without a vector; 2 memories without a vector; not configured: m',
    });
  });

  it('tells of points that wait, and fails where one of them cannot be written', () => {
    expect(judgeIndex(drift({}), { marks: 7, errors: [] }, false)).toMatchObject({
      state: 'ok',
      message: expect.stringMatching(/no drift; 7 points wait to be written$/),
    });
    const refused = { memory_id: 'm', space_id: 1, attempts: 3, error: 'the limit is reached' };
    expect(judgeIndex(drift({}), { marks: 1, errors: [refused] }, false)).toMatchObject({
      state: 'fail',
      message: expect.stringMatching(
        /no drift; 1 point waits to be written: the limit is reached$/,
      ),
    });
    const lost = drift({ rows_without_point: 2 });
    expect(judgeIndex(lost, { marks: 1, errors: [refused] }, false)).toMatchObject({
      state: 'fail',
      message: expect.stringMatching(
        /^2 rows without a point; 1 point waits .* reached; .*--repair/,
      ),
    });
  });
});
