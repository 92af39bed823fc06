import { existsSync } from 'node:fs';
import type { Clock } from '../../common/clock.js';
import { readConfig, type Config } from '../../config/config.js';
import { readLock } from '../../database/embedded/data-directory-lock.js';
import { dataPaths, lostDatabase } from '../../database/embedded/data-directory.js';
import { migrationsFor } from '../../database/migrations.js';
import { CliError } from '../cli-error.js';
import type { CliContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { plural } from '../output/quantities.js';
import { stateStyle } from '../output/style.js';
import { padEnd, textWidth, wrap } from '../output/text-width.js';
import { namedServer, operatorApi, operatorKeyOf } from '../server/operator-api.js';
import { attempt, describeFailure, fail, ok, skip, type Check } from './check.js';
import { checkIndex } from './index-checks.js';
import { checkEncryption, checkKeyRing } from './key-checks.js';
import {
  checkBackups,
  checkDataDirectory,
  checkDiskSpace,
  checkFilesRoots,
  checkModel,
  checkNode,
  checkPort,
} from './machine-checks.js';
import { checkPostgresql } from './postgresql-checks.js';
import { checkQdrant } from './qdrant-checks.js';
import { checkServer } from './server-checks.js';

const MOST_LINES = 4;
const MACHINE_OWN = ['server', 'API key'];

export interface DoctorOptions {
  repair?: boolean;
  operatorKey?: string;
}

/** Runs the checks and answers with them; exit code 1 where one has failed. */
export async function doctor(context: CliContext, _: [], options: DoctorOptions): Promise<void> {
  const checks = await allChecks(context, options);
  const failed = checks.filter(({ state }) => state === 'fail').length;
  const warned = checks.filter(({ state }) => state === 'warn').length;
  if (failed > 0) context.exitCode = EXIT.failure;
  context.answer({ ok: failed === 0, checks }, () => [
    ...checkLines(checks, context),
    '',
    failed + warned === 0
      ? 'All is well.'
      : `${plural(failed, 'failure')}, ${plural(warned, 'warning')}`,
  ]);
}

async function allChecks(context: CliContext, options: DoctorOptions): Promise<Check[]> {
  const node = checkNode(process.versions.node);
  if (namedServer(context) !== undefined) {
    const checks = await viaServer(context, options);
    return [node, ...checks, await checkNamedIndex(context, options)];
  }
  let config: Config;
  try {
    config = readConfig(context.env);
  } catch (error) {
    return [node, fail('configuration', describeFailure(error))];
  }
  const { databaseUrl, qdrantUrl, qdrantApiKey } = config;
  const mode = databaseUrl ? 'server mode, DATABASE_URL is set' : 'embedded mode';
  const { clock } = context.runtime;
  return [
    node,
    ok('configuration', mode),
    ...(databaseUrl
      ? await checkPostgresql(
          databaseUrl,
          qdrantUrl === undefined ? 'postgresql' : 'qdrant',
          config,
        )
      : await embeddedChecks(context, config)),
    ...(qdrantUrl === undefined
      ? []
      : [await checkQdrant({ url: qdrantUrl, apiKey: qdrantApiKey })]),
    await checkKeyRing(config),
    ...(await modelChecks(config, clock)),
    await attempt('files roots', () => checkFilesRoots(config)),
    ...(databaseUrl
      ? [await checkPort(config), indexUnchecked(options)]
      : await embeddedServerChecks(context, config, options)),
  ];
}

async function modelChecks(config: Config, clock: Clock): Promise<Check[]> {
  const { embedding } = config;
  const checks: Check[] = [];
  for (const model of [embedding.model, ...embedding.more]) {
    const one = { ...config, embedding: { ...embedding, model } };
    checks.push(await attempt('embedding model', () => checkModel(one, clock)));
  }
  return checks;
}

async function embeddedChecks(context: CliContext, { dataDir }: Config): Promise<Check[]> {
  const { clock } = context.runtime;
  return [
    await attempt('data directory', () => checkDataDirectory(dataDir, clock)),
    await attempt('disk space', () => checkDiskSpace(dataDir)),
    await attempt('backups', () => checkBackups(dataDir, clock.now())),
  ];
}

/** Opening an embedded database is what proves it; a server that runs on it has done so. */
async function embeddedServerChecks(
  context: CliContext,
  config: Config,
  options: DoctorOptions,
): Promise<Check[]> {
  const { dataDir } = config;
  const holder = await readLock(dataDir, context.runtime.clock);
  const port = holder ? [] : [await checkPort(config)];
  if (!holder && !existsSync(dataPaths(dataDir).database)) {
    const lost = await lostDatabase(dataDir);
    const check = lost
      ? fail('database', lost.message)
      : skip('database', 'made by the first start');
    return [...port, check];
  }
  return [...port, ...(await viaServer(context, options))];
}

/** The index of a server is its operator's affair. */
async function checkNamedIndex(context: CliContext, options: DoctorOptions): Promise<Check> {
  const key = operatorKeyOf(context, options.operatorKey);
  if (!key) return indexUnchecked(options);
  return checkIndex(context, operatorApi(context, key), 'index', options.repair === true);
}

function indexUnchecked({ repair }: DoctorOptions): Check {
  const message = 'needs the URL of a server and its operator key';
  return repair ? fail('index', message) : skip('index', message);
}

async function viaServer(context: CliContext, options: DoctorOptions): Promise<Check[]> {
  try {
    return await context.withServer({}, async ({ api, origin }) => {
      const checks = [...(await checkServer(api)), ...(await checkEncryption(api))];
      if (origin !== 'given')
        checks.push(await checkIndex(context, api, 'local-index', options.repair === true));
      if (origin !== 'opened') return checks;
      const migrations = plural(migrationsFor('postgresql').length, 'migration');
      return [
        ok('database', `opened, ${migrations} applied`),
        ok('pgvector', 'built in'),
        // This process is the server and made the key, so only a failure would be news.
        ...checks.filter(({ name, state }) => state !== 'ok' || !MACHINE_OWN.includes(name)),
      ];
    });
  } catch (error) {
    const onlyOperator =
      error instanceof CliError &&
      error.code === 'api_key_missing' &&
      operatorKeyOf(context, options.operatorKey);
    if (onlyOperator)
      return [skip('server', 'needs an API key; the operator key tells the index only')];
    const name = namedServer(context) !== undefined ? 'server' : 'database';
    return [fail(name, describeFailure(error))];
  }
}

function checkLines(checks: readonly Check[], { terminal }: CliContext): string[] {
  const { style, width } = terminal;
  const names = Math.max(...checks.map(({ name }) => textWidth(name)));
  const indent = 4 + 2 + names + 2;
  const room = Number.isFinite(width) ? Math.max(30, width - indent) : Infinity;
  return checks.flatMap(({ name, state, message }) => {
    const [first = '', ...rest] = wrap(message, room, MOST_LINES);
    const paint = state === 'skip' ? style.dim : stateStyle(style, state);
    const head = `${paint(state.padEnd(4))}  ${padEnd(name, names)}  ${first}`;
    return [head, ...rest.map((line) => ' '.repeat(indent) + line)];
  });
}
