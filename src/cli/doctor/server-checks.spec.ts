import { judgeWall } from './server-checks.js';

describe('doctor on the wall between tenants', () => {
  it.each([
    ['on', 'ok'],
    ['off', 'warn'],
    [undefined, 'skip'],
  ] as const)('judges %s as %s', (row_level_security, state) => {
    expect(judgeWall({ status: 'ok', row_level_security })).toMatchObject({ state });
  });
});
