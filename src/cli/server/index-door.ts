import type { CliContext } from '../context.js';
import type { IndexDoor, TributaryApi } from '../http/tributary-api.js';
import { namedServer, operatorApi } from './operator-api.js';

/** Through the operator key of the named server, or on the data directory of this machine. */
export async function withIndex<T>(
  context: CliContext,
  operatorKey: string | undefined,
  needs: { workers?: boolean },
  work: (api: TributaryApi, door: IndexDoor) => Promise<T>,
): Promise<T> {
  if (namedServer(context) !== undefined) return work(operatorApi(context, operatorKey), 'index');
  return context.withServer({ ...needs, local: true }, ({ api }) => work(api, 'local-index'));
}
