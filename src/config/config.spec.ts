import { readConfig } from './config.js';

const KEY = 'key-of-the-first-tenant';

describe('the keys that settings give', () => {
  it('are taken as they are', () => {
    const operator = { TRIBUTARY_OPERATOR_KEY: `${KEY}!~` };
    const config = readConfig({ TRIBUTARY_BOOTSTRAP_API_KEY: KEY, ...operator });
    expect(config.bootstrapApiKey?.reveal()).toBe(KEY);
    expect(config.operatorKey?.reveal()).toBe(`${KEY}!~`);
  });

  it.each(['TRIBUTARY_BOOTSTRAP_API_KEY', 'TRIBUTARY_OPERATOR_KEY'])(
    'are refused as %s where no client could send them',
    (name) => {
      for (const wrong of ['short', 'a key with some blanks', 'schlüssel-des-ersten', `${KEY}\n`]) {
        const refused = { code: 'configuration_invalid', message: expect.stringContaining(name) };
        expect(() => readConfig({ [name]: wrong })).toThrow(expect.objectContaining(refused));
      }
    },
  );

  it('are refused where the first tenant would be the operator', () => {
    const same = { TRIBUTARY_BOOTSTRAP_API_KEY: KEY, TRIBUTARY_OPERATOR_KEY: KEY };
    expect(() => readConfig(same)).toThrow(
      expect.objectContaining({
        code: 'configuration_invalid',
        message: expect.not.stringContaining(KEY),
      }),
    );
  });
});
