import { Secret } from '../common/secret.js';
import { requireScraper } from './scrape-access.js';

const KEY = 'operator-key-0123';
const codeOf = (host: string, given: { key?: string; proxied?: boolean; operatorKey?: string }) => {
  const operatorKey = given.operatorKey === undefined ? undefined : new Secret(given.operatorKey);
  const authorization = given.key === undefined ? undefined : `Bearer ${given.key}`;
  try {
    requireScraper({ host, operatorKey }, { authorization, forwarded: given.proxied ?? false });
    return 'open';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('who may scrape', () => {
  it.each(['127.0.0.1', '127.8.8.8', '::1', 'localhost'])('is anybody on %s', (host) => {
    expect(codeOf(host, {})).toBe('open');
    expect(codeOf(host, { operatorKey: KEY })).toBe('open');
    expect(codeOf(host, { operatorKey: KEY, key: KEY })).toBe('open');
  });

  it.each(['0.0.0.0', '::', '10.0.0.7', '127.example.org', 'tributary.internal'])(
    'is who has the operator key on %s',
    (host) => {
      expect(codeOf(host, { operatorKey: KEY })).toBe('unauthorized');
      expect(codeOf(host, { operatorKey: KEY, key: 'another-key-0123' })).toBe('operator_only');
      expect(codeOf(host, { operatorKey: KEY, key: KEY })).toBe('open');
    },
  );

  it('is nobody where there is no operator key to have', () => {
    expect(codeOf('0.0.0.0', {})).toBe('unauthorized');
    expect(codeOf('0.0.0.0', { key: KEY })).toBe('operator_only');
  });

  it('is not everybody behind a proxy on the same machine', () => {
    expect(codeOf('127.0.0.1', { proxied: true, operatorKey: KEY })).toBe('unauthorized');
    expect(codeOf('127.0.0.1', { proxied: true, operatorKey: KEY, key: KEY })).toBe('open');
  });
});
