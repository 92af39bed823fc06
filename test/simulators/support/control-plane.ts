import { readBody, sendJson, serveHttp, type RunningServer } from './http-server.js';
import type { FaultInput, FaultRules } from './fault-rules.js';
import type { RequestLog } from './request-log.js';

/** What every simulator lets its tester see and change over HTTP. */
export interface Controlled {
  readonly faults: FaultRules;
  readonly log: RequestLog;
  truth(): unknown;
  /** @throws TypeError for a mutation that makes no sense; becomes a 400; may be a promise */
  mutate(mutation: Record<string, unknown>): unknown;
  advance(ms: number): void;
}

type Route = (body: Record<string, unknown>) => unknown;

export function serveControlPlane(port: number, simulator: Controlled): Promise<RunningServer> {
  const { faults, log } = simulator;
  const routes: Record<string, Route> = {
    'GET /faults': () => faults.list(),
    'POST /faults': (body) => ({ id: faults.add(body as unknown as FaultInput) }),
    'DELETE /faults': () => {
      faults.clear();
      return { cleared: true };
    },
    'POST /mutate': async (body) => (await simulator.mutate(body)) ?? { done: true },
    'POST /advance': (body) => {
      if (typeof body['ms'] !== 'number') throw new TypeError('`ms` must be a number');
      simulator.advance(body['ms']);
      return { done: true };
    },
    'GET /log': () => log.requests,
    'DELETE /log': () => {
      log.clear();
      return { cleared: true };
    },
    'GET /violations': () => log.violations,
    'GET /truth': () => simulator.truth(),
  };
  return serveHttp(port, async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://control').pathname;
    const route = routes[`${request.method ?? 'GET'} ${path}`];
    if (route === undefined) {
      sendJson(response, 404, { error: 'no such route', routes: Object.keys(routes) });
      return;
    }
    try {
      sendJson(response, 200, await route(parseObject(await readBody(request))));
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
      sendJson(response, 400, { error: error.message });
    }
  });
}

function parseObject(text: string): Record<string, unknown> {
  if (text === '') return {};
  const body: unknown = JSON.parse(text);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new TypeError('the body must be a JSON object');
  }
  return body as Record<string, unknown>;
}
