import { Secret } from '../secret.js';
import { JsonLogger } from './json-logger.js';
import { requestContext } from './request-context.js';

describe('JsonLogger', () => {
  let lines: Record<string, unknown>[];
  let logger: JsonLogger;
  beforeEach(() => {
    lines = [];
    const write = (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]);
    logger = new JsonLogger('info', { write });
  });

  it('writes text, fields and errors as one JSON line each, with the context', () => {
    logger.log('started', 'Boot');
    logger.warn({ msg: 'slow', ms: 7 }, 'Sync');
    logger.error(new Error('broken'), 'Sync');
    expect(lines).toMatchObject([
      { level: 'info', context: 'Boot', msg: 'started' },
      { level: 'warn', context: 'Sync', msg: 'slow', ms: 7 },
      { level: 'error', context: 'Sync', msg: 'broken', err: { message: 'broken' } },
    ]);
    expect(new Date(lines[0]!['time'] as string).getTime()).not.toBeNaN();
  });

  it('leaves what ends the start to those who report it', () => {
    logger.error(new Error('port in use'), undefined, 'ExceptionHandler');
    expect(lines).toEqual([]);
  });

  it('carries the request id of whatever request it is called in', () => {
    requestContext.run({ requestId: 'trace-1' }, () => logger.log('inside'));
    logger.log('outside');
    expect(lines.map((line) => line['request_id'])).toEqual(['trace-1', undefined]);
  });

  it('prints no secret and nothing below its level', () => {
    logger.log({ msg: 'config', key: new Secret('hunter2') });
    logger.debug('details');
    logger.log('Mapped {/healthz, GET} route', 'RouterExplorer');
    expect(lines).toMatchObject([{ key: '[secret]' }]);
  });
});
