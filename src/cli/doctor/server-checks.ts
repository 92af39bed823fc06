import type { ConnectionAnswer, ProbeAnswer } from '../../connections/connections.schema.js';
import type { Ready } from '../../health/health.schema.js';
import type { TributaryApi } from '../http/tributary-api.js';
import { attempt, fail, ok, skip, warn, type Check } from './check.js';

const WALL = 'row level security';

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
  const wall = await attempt(WALL, async () => judgeWall(await api.readiness()));
  // Embedded mode has none and needs none.
  const checks = wall.state === 'skip' ? [health, key] : [health, key, wall];
  for (const connection of connections) {
    const name = `connection ${connection.name}`;
    checks.push(await attempt(name, async () => judge(connection, await api.probe(connection.id))));
  }
  return checks;
}

/** What the login and the policies allow is for the machine of the database to find out. */
export function judgeWall({ row_level_security: state }: Ready): Check {
  if (state === undefined) return skip(WALL, 'embedded mode');
  if (state === 'on') return ok(WALL, 'on: PostgreSQL itself keeps tenants apart');
  return warn(WALL, 'off; "tributary doctor" with DATABASE_URL and without --url says why');
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
