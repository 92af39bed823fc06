import { fileSkipReason } from './file-body.js';
import { SlackApi } from './slack-api.js';
import { unpacedCalls } from '../sdk/unpaced-calls.js';

const apiAt = (url: string): SlackApi => {
  const clock = { now: () => new Date(0), sleep: () => Promise.resolve() };
  const calls = unpacedCalls(clock.now, new AbortController().signal);
  return new SlackApi({ calls, clock }, 'xoxb-1', url, () =>
    Promise.reject(new Error('no network')),
  );
};

describe('files', () => {
  it.each([
    ['https://files.slack.com/files-pri/T1-F1/a.txt', true],
    ['https://slack.com/a', true],
    ['https://example.slack.com/a', true],
    ['http://127.0.0.1:4703/files-pri/T1-F1/a.txt', true],
    ['http://127.0.0.1:4704/a', false],
    ['http://files.slack.com/a', false],
    ['https://files.slack.com:8443/a', false],
    ['https://slack.com.example.org/a', false],
    ['https://notslack.com/a', false],
    ['https://drive.example.org/a', false],
  ])('at %s: the token goes there = %s', (url, expected) => {
    expect(apiAt('http://127.0.0.1:4703/api/').isTrusted(new URL(url))).toBe(expected);
  });

  it.each([
    [{ mimetype: 'text/plain' }, null],
    [{ mimetype: 'application/pdf', size: 10 }, null],
    [{ mimetype: 'application/pdf', size: 101 }, 'file_too_large'],
    [{ mimetype: 'image/png' }, 'file_type'],
    [{ mode: 'tombstone' }, 'file_tombstone'],
    [{ mode: 'hidden_by_limit' }, 'file_hidden_by_limit'],
    [{ mimetype: 'text/plain', is_external: true }, 'file_external'],
    [{ file_access: 'check_file_info' }, null],
  ])('%j are left out for the reason %s', (file, reason) => {
    expect(fileSkipReason({ id: 'F1', ...file }, 100)).toBe(reason);
  });
});
