import { parentPort } from 'node:worker_threads';
import { answerCalls } from '../sdk/worker-calls.js';
import { makeCalls, type FileAnswer, type FileCall } from './file-calls.js';

answerCalls<readonly FileCall[], readonly FileAnswer[]>(parentPort!, (calls) => {
  const { answers, buffers } = makeCalls(calls);
  return { result: answers, transfer: buffers };
});
