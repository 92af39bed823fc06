import { SnakeCaseNaming } from './naming.js';

describe('SnakeCaseNaming', () => {
  const naming = new SnakeCaseNaming();

  it.each([
    ['id', 'id'],
    ['sourceUpdatedAt', 'source_updated_at'],
    ['dataKeyWrapped', 'data_key_wrapped'],
    ['apiURL', 'api_url'],
    ['scoreLo', 'score_lo'],
  ])('writes the column of %s as %s', (property, column) => {
    expect(naming.columnName(property)).toBe(column);
  });

  it('keeps given names', () => {
    expect(naming.columnName('anything', 'Given')).toBe('Given');
    expect(naming.tableName('ApiKey', 'api_keys')).toBe('api_keys');
  });

  it('names a join column after relation and key', () => {
    expect(naming.joinColumnName('nextSpace', 'id')).toBe('next_space_id');
  });
});
