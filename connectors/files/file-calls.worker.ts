import { parentPort } from 'node:worker_threads';
import { answerCalls } from '../sdk/worker-calls.js';
import { makeCalls, type FileAnswers, type FileCalls } from './file-calls.js';

answerCalls<FileCalls, FileAnswers>(parentPort!, (calls) => {
  const result = makeCalls(calls);
  const { stats, places, buffers } = result;
  return { result, transfer: [stats.buffer, places.buffer, ...buffers] };
});
