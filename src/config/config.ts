import { homedir } from 'node:os';
import { delimiter, resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from '../common/errors/app-error.js';
import { Secret } from '../common/secret.js';

/** The settings of one process; docs/guides/configuration.md lists every variable. */
export interface Config {
  role: 'all' | 'api' | 'worker';
  host: string;
  port: number;
  /** Folder of embedded mode; also holds its lock, key ring and backups. */
  dataDir: string;
  /** Set: server mode on that PostgreSQL. Unset: embedded mode. */
  databaseUrl?: Secret<string>;
  databasePoolSize: number;
  /** Whether a start runs pending migrations (server mode; embedded mode always does). */
  migrate: 'auto' | 'never';
  /** Set: vectors live in that Qdrant and follow the rows; unset: in PostgreSQL. */
  qdrantUrl?: string;
  qdrantApiKey?: Secret<string>;
  /** How the names of our collections there begin. */
  qdrantPrefix: string;
  /** Memories waiting for Qdrant at which requests are refused; syncs wait at a fifth of it. */
  maxIndexBacklog: number;
  bootstrapApiKey?: Secret<string>;
  operatorKey?: Secret<string>;
  encryptionKeys?: Secret<string>;
  /** `more` are models that collections may have beside the one of new collections. */
  embedding: { model: string; more: string[]; apiKey?: Secret<string>; baseUrl?: string };
  plans: Record<string, Plan>;
  /** Folders below which the files connector may read. */
  filesRoots: string[];
  /** Where Slack's methods are, with `/api/` at the end; unset: at Slack. */
  slackApiUrl?: string;
  notionApiUrl?: string;
  /** In place of every host of Google's, the token endpoint included. */
  googleApiUrl?: string;
  /** Calls per second and method of an account, by provider; null = only what answers teach. */
  callRates: Record<string, number | null>;
  /** Runs that one process works on at the same time. */
  workerSlots: number;
  /** Runs at work at the same time over all processes, of one tenant and of one provider. */
  maxRuns: { perTenant: number; perProvider: number };
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent';
}

export interface Plan {
  /** null = no limit. */
  requestsPerMinute: number | null;
}

export const CONFIG = Symbol('Config');

const DEFAULT_PLANS: Record<string, Plan> = {
  unlimited: { requestsPerMinute: null },
  standard: { requestsPerMinute: 600 },
};

const Plans = z.record(
  z.string(),
  z.strictObject({ requestsPerMinute: z.int().positive().nullable() }),
);

const json = z.string().transform((text, context) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    context.addIssue({ code: 'custom', message: 'is not valid JSON' });
    return z.NEVER;
  }
});

const apiUrl = z.url({ protocol: /^https?$/ }).optional();

/** 0 and unset: none of our own. */
const callRate = z.coerce
  .number()
  .min(0)
  .max(1000)
  .transform((rate) => (rate === 0 ? null : rate))
  .default(null);

/** As a client can send it: https://www.rfc-editor.org/rfc/rfc6750#section-2.1 knows no blanks. */
const givenKey = z
  .string()
  .min(16)
  .regex(/^[\x21-\x7e]+$/, 'may have letters, digits and signs of ASCII only, and no blanks');

const Environment = z.object({
  TRIBUTARY_ROLE: z.enum(['all', 'api', 'worker']).default('all'),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65535).default(4700),
  TRIBUTARY_DATA_DIR: z.string().default('.tributary'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  TRIBUTARY_DATABASE_POOL: z.coerce.number().int().min(2).max(200).default(10),
  TRIBUTARY_MIGRATE: z.enum(['auto', 'never']).default('auto'),
  QDRANT_URL: z.url({ protocol: /^https?$/ }).optional(),
  QDRANT_API_KEY: z.string().optional(),
  TRIBUTARY_QDRANT_PREFIX: z
    .string()
    .regex(/^[a-z0-9_-]{1,40}$/)
    .default('tributary'),
  TRIBUTARY_MAX_INDEX_BACKLOG: z.coerce.number().int().min(1000).max(10_000_000).default(100000),
  TRIBUTARY_BOOTSTRAP_API_KEY: givenKey.optional(),
  TRIBUTARY_OPERATOR_KEY: givenKey.optional(),
  TRIBUTARY_ENCRYPTION_KEYS: z.string().optional(),
  TRIBUTARY_EMBEDDING_MODEL: z.string().default('builtin'),
  TRIBUTARY_EMBEDDING_MODELS: z.string().optional(),
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_BASE_URL: z.url().optional(),
  TRIBUTARY_PLANS: json.pipe(Plans).optional(),
  TRIBUTARY_FILES_ROOTS: z.string().optional(),
  TRIBUTARY_SLACK_API_URL: apiUrl,
  TRIBUTARY_NOTION_API_URL: apiUrl,
  TRIBUTARY_GOOGLE_API_URL: apiUrl,
  TRIBUTARY_SLACK_RATE: callRate,
  TRIBUTARY_NOTION_RATE: callRate,
  TRIBUTARY_GOOGLE_RATE: callRate,
  TRIBUTARY_WORKER_SLOTS: z.coerce.number().int().min(1).max(64).default(2),
  TRIBUTARY_MAX_RUNS_PER_TENANT: z.coerce.number().int().min(1).max(10_000).default(8),
  TRIBUTARY_MAX_RUNS_PER_PROVIDER: z.coerce.number().int().min(1).max(10_000).default(32),
  TRIBUTARY_LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent'])
    .default('info'),
});

/**
 * Reads the environment once; nothing else in the product does. Empty variables count as unset.
 * @throws AppError `configuration_invalid` naming every wrong variable.
 */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = Environment.safeParse(present);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
    throw new AppError('configuration_invalid', `Wrong configuration: ${wrong.join('; ')}`);
  }
  const env = parsed.data;
  if (env.QDRANT_URL !== undefined && env.DATABASE_URL === undefined) {
    throw new AppError(
      'configuration_invalid',
      'QDRANT_URL needs DATABASE_URL: embedded mode keeps vectors beside its rows.',
    );
  }
  const ownKey = env.TRIBUTARY_BOOTSTRAP_API_KEY;
  if (ownKey !== undefined && ownKey === env.TRIBUTARY_OPERATOR_KEY) {
    throw new AppError(
      'configuration_invalid',
      'TRIBUTARY_BOOTSTRAP_API_KEY and TRIBUTARY_OPERATOR_KEY are the same: whoever has the key ' +
        'of the first tenant would be the operator.',
    );
  }
  return {
    role: env.TRIBUTARY_ROLE,
    host: env.HOST,
    port: env.PORT,
    dataDir: resolve(env.TRIBUTARY_DATA_DIR),
    databaseUrl: secret(env.DATABASE_URL),
    databasePoolSize: env.TRIBUTARY_DATABASE_POOL,
    migrate: env.TRIBUTARY_MIGRATE,
    qdrantUrl: env.QDRANT_URL,
    qdrantApiKey: secret(env.QDRANT_API_KEY),
    qdrantPrefix: env.TRIBUTARY_QDRANT_PREFIX,
    maxIndexBacklog: env.TRIBUTARY_MAX_INDEX_BACKLOG,
    bootstrapApiKey: secret(env.TRIBUTARY_BOOTSTRAP_API_KEY),
    operatorKey: secret(env.TRIBUTARY_OPERATOR_KEY),
    encryptionKeys: secret(env.TRIBUTARY_ENCRYPTION_KEYS),
    embedding: {
      model: env.TRIBUTARY_EMBEDDING_MODEL,
      more: listed(env.TRIBUTARY_EMBEDDING_MODELS),
      apiKey: secret(env.OPENAI_API_KEY),
      baseUrl: env.OPENAI_BASE_URL,
    },
    plans: { ...DEFAULT_PLANS, ...env.TRIBUTARY_PLANS },
    filesRoots: filesRoots(env.TRIBUTARY_FILES_ROOTS, env.DATABASE_URL !== undefined),
    slackApiUrl: env.TRIBUTARY_SLACK_API_URL,
    notionApiUrl: env.TRIBUTARY_NOTION_API_URL,
    googleApiUrl: env.TRIBUTARY_GOOGLE_API_URL,
    callRates: {
      slack: env.TRIBUTARY_SLACK_RATE,
      notion: env.TRIBUTARY_NOTION_RATE,
      google_drive: env.TRIBUTARY_GOOGLE_RATE,
    },
    workerSlots: env.TRIBUTARY_WORKER_SLOTS,
    maxRuns: {
      perTenant: env.TRIBUTARY_MAX_RUNS_PER_TENANT,
      perProvider: env.TRIBUTARY_MAX_RUNS_PER_PROVIDER,
    },
    logLevel: env.TRIBUTARY_LOG_LEVEL,
  };
}

/** A desktop user syncs own folders without settings; a server reads none until told so. */
function filesRoots(setting: string | undefined, server: boolean): string[] {
  if (setting !== undefined)
    return setting
      .split(delimiter)
      .filter(Boolean)
      .map((path) => resolve(path));
  return server ? [] : [homedir(), process.cwd()];
}

/** `a, b` */
function listed(setting = ''): string[] {
  return setting
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
}

function secret(value: string | undefined): Secret<string> | undefined {
  return value === undefined ? undefined : new Secret(value);
}
