import { readBody, sendJson, serveHttp, type RunningServer } from '../support/http-server.js';
import type { FaultInput } from './faults.js';
import type { QdrantDouble } from './qdrant-double.js';

type Action = (body: unknown) => unknown;

/** What a test in another process sees and changes. */
export function serveQdrantControl(port: number, double: QdrantDouble): Promise<RunningServer> {
  const { faults, record } = double;
  const done = { done: true };
  const actions: Readonly<Record<string, Action>> = {
    'GET /faults': () => faults.list(),
    'POST /faults': (body) => ({ id: faults.add(body as FaultInput) }),
    'DELETE /faults': () => {
      faults.clear();
      return done;
    },
    'GET /requests': () => record.requests,
    'DELETE /requests': () => {
      record.clear();
      return done;
    },
    'GET /violations': () => double.violations,
    'POST /settle': () => {
      double.settle();
      return done;
    },
    'POST /down': () => double.down().then(() => done),
    'POST /up': () => double.up().then(() => done),
    'POST /restart': () => double.restart().then(() => done),
    'POST /wipe': () => {
      double.wipe();
      return done;
    },
  };
  return serveHttp(port, async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://control').pathname;
    const action = actions[`${request.method ?? 'GET'} ${path}`];
    if (action === undefined) {
      sendJson(response, 404, { error: 'no such route', routes: Object.keys(actions) });
      return;
    }
    try {
      const text = await readBody(request);
      sendJson(response, 200, await action(text === '' ? {} : JSON.parse(text)));
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
      sendJson(response, 400, { error: error.message });
    }
  });
}
