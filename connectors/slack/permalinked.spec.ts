import { permalinkedIds } from './permalinked.js';
import { permalink } from './timestamp.js';

const TEAM = 'https://example.slack.com/';
const CHANNEL = 'C0123456789';

describe('a link to a message', () => {
  it('means its thread, or the stretch that begins with it', () => {
    expect(permalinkedIds(permalink(TEAM, CHANNEL, '1700000000.000100'))).toEqual([
      `${CHANNEL}:1700000000.000100`,
      `${CHANNEL}:s:1700000000.000100`,
    ]);
  });

  it('of a reply means the thread', () => {
    const link = permalink(TEAM, CHANNEL, '1700000009.000200', '1700000000.000100');
    expect(permalinkedIds(link)).toEqual([`${CHANNEL}:1700000000.000100`]);
  });

  it.each(['nothing', 'https://example.org/', `${TEAM}archives/${CHANNEL}`, `${TEAM}files/U1/F1`])(
    'is not %s',
    (address) => {
      expect(permalinkedIds(address)).toEqual([]);
    },
  );
});
