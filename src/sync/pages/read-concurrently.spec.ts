import type { Connector } from '../../../connectors/sdk/contract.js';
import type { ListedDocument } from './classify.js';
import { readConcurrently } from './read-concurrently.js';

const MB = 2 ** 20;
const connector = { limits: { maxBodyBytes: 100 * MB, concurrentReads: 3 } } as Connector;

/** The most bodies, and the most megabytes of them, that were being read at the same time. */
async function mostAtOnce(
  ...sizes: (number | undefined)[]
): Promise<{ bodies: number; mb: number }> {
  const most = { bodies: 0, mb: 0 };
  let [bodies, bytes] = [0, 0];
  const documents = sizes.map((bodyBytes) => ({ source: { bodyBytes } }) as ListedDocument);
  await readConcurrently(connector, documents, async ({ source: { bodyBytes = 0 } }) => {
    bodies += 1;
    bytes += bodyBytes;
    most.bodies = Math.max(most.bodies, bodies);
    most.mb = Math.max(most.mb, bytes / MB);
    await Promise.resolve();
    bodies -= 1;
    bytes -= bodyBytes;
  });
  return most;
}

describe('bodies read at once', () => {
  it('are as many as the source bears', async () => {
    expect(await mostAtOnce(1, 2, 3, 4, 5)).toMatchObject({ bodies: 3 });
    expect(await mostAtOnce(undefined, undefined, undefined, undefined)).toMatchObject({
      bodies: 3,
    });
  });

  it('are 32 MB together, or a single larger one', async () => {
    expect(await mostAtOnce(20 * MB, 20 * MB, 12 * MB)).toEqual({ bodies: 2, mb: 32 });
    expect(await mostAtOnce(1 * MB, 70 * MB, 1 * MB)).toEqual({ bodies: 1, mb: 70 });
  });
});
