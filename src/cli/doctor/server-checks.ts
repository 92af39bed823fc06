import type { ConnectionAnswer, ProbeAnswer } from '../../connections/connections.schema.js';
import type { TributaryApi } from '../http/tributary-api.js';
import { attempt, fail, ok, warn, type Check } from './check.js';

/** What only a server can tell: that it answers, that the key works, how its connections are. */
export async function checkServer(api: TributaryApi): Promise<Check[]> {
  const health = await attempt('server', async () => {
    const { version, mode } = await api.health();
    return ok('server', `version ${version}, ${mode} mode`);
  });
  if (health.state === 'fail') return [health];
  let connections: ConnectionAnswer[] = [];
  const key = await attempt('API key', async () => {
    connections = await api.connections();
    return ok('API key', 'accepted');
  });
  const checks = [health, key];
  for (const connection of connections) {
    const name = `connection ${connection.name}`;
    checks.push(await attempt(name, async () => judge(connection, await api.probe(connection.id))));
  }
  return checks;
}

/** A connection is as well as its worst check; a paused one is worth a word. */
export function judge(connection: ConnectionAnswer, { checks }: ProbeAnswer): Check {
  const name = `connection ${connection.name}`;
  const failed = checks.filter(({ outcome }) => outcome === 'failed');
  if (failed.length > 0) {
    return fail(name, failed.map((check) => `${check.name}: ${check.message}`).join(' '));
  }
  const unsure = checks.filter(({ outcome }) => outcome === 'indeterminate');
  if (unsure.length > 0) {
    return warn(name, unsure.map((check) => `${check.name}: ${check.message}`).join(' '));
  }
  if (connection.status !== 'active') {
    return warn(name, `${connection.status}: ${connection.status_reason ?? 'no reason given'}`);
  }
  const passed = checks.filter(({ outcome }) => outcome === 'passed').length;
  return ok(name, `${connection.provider}, ${passed} of ${checks.length} checks passed`);
}
