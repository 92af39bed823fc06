import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { WorkerCalls } from './worker-calls.js';

/** Workers run compiled code. */
const answering = join(import.meta.dirname, '../../dist/connectors/sdk/worker-calls.js');

describe('calls in a worker thread', () => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'tributary-thread-'));
  const path = join(folder, 'worker.mjs');
  fs.writeFileSync(
    path,
    `import { parentPort, workerData } from 'node:worker_threads';
     import { answerCalls } from '${pathToFileURL(answering).href}';
     answerCalls(parentPort, (request) => {
       if (request === 'throw') throw new Error('no such thing');
       if (request === 'die') process.exit(3);
       return { result: workerData + request };
     });`,
  );
  afterAll(() => fs.rmSync(folder, { recursive: true }));
  const calls = new WorkerCalls<string, string>(path, 'data:');

  it('are answered, each with its own result', async () => {
    const answers = await Promise.all(['a', 'b', 'c'].map((request) => calls.call(request)));
    expect(answers).toEqual(['data:a', 'data:b', 'data:c']);
  });

  it('fail with the message of what was thrown there', async () => {
    await expect(calls.call('throw')).rejects.toThrow('no such thing');
    expect(await calls.call('after')).toBe('data:after');
  });

  it('fail when the thread dies; the next call has a new one', async () => {
    const [first, second] = [calls.call('die'), calls.call('lost')];
    await expect(first).rejects.toThrow('the worker thread died');
    await expect(second).rejects.toThrow('the worker thread died');
    expect(await calls.call('again')).toBe('data:again');
  });
});
