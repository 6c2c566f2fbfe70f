import { z } from 'zod';
import { backupFields, filesFields } from './backup-settings.ts';
import { addressesOf, addressFault } from './connections/addresses.ts';
import { endpointFields, endpoints, rerankFields } from './endpoint-settings.ts';
import { type UnknownVariable, unknownVariables } from './env-names.ts';
import { ColloquyError, describeError } from './errors.ts';
import { httpFields, readBy } from './http-settings.ts';
import { mailFields, missingMailVariable } from './mail-settings.ts';
import { readNetworks } from './networks.ts';
import { rememberSecrets } from './secrets.ts';

export type { EndpointSettings } from './endpoint-settings.ts';

/** A connection string, or nothing. */
const url = z
  .string()
  .trim()
  .regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://')
  .superRefine((value, context) => {
    const message = addressFault(value);
    if (message) context.addIssue({ code: 'custom', message });
  })
  .optional();

/** Text, or nothing. */
const optionalText = z.string().trim().optional();

/** Signatures that the holder of the public key cannot make. Never HS…: its secret would be that key. */
const JWT_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** http only to this machine: keys that can be changed on their way prove nothing. */
function isTrustedUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return (
    protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname))
  );
}

/** Where to listen, of PORT and of --port; 0 takes any that is free. */
export const port = z
  .string()
  .trim()
  .regex(/^\d{1,5}$/, 'must be a number from 0 to 65535')
  .transform(Number)
  .refine((value) => value <= 65_535, 'must be a number from 0 to 65535');

/** true, false, or nothing. */
const flag = z
  .enum(['true', 'false', '1', '0'])
  .transform((value) => value === 'true' || value === '1')
  .optional();

/** What a model wants before a text; the word none: nothing, whatever is known of the model. */
const prefix = z
  .string()
  .max(1000)
  .transform((value) => (value === 'none' ? '' : value))
  .optional();

/** A limit's new figure: so many in so many seconds; undefined: no limit. */
export type RateChange = { points: number; seconds: number } | undefined;

/**
 * Changes by name, written as `one=… another=…`.
 * @param read     the value behind a name, as its form was matched; null: unusable
 * @param example  how an entry is written
 */
function changesByName<Value>(form: RegExp, read: (match: RegExpExecArray) => Value | null, example: string) {
  return z
    .string()
    .default('')
    .transform((value, context) => {
      const changes = new Map<string, Value>();
      for (const entry of value.split(/[\s,]+/).filter(Boolean)) {
        const match = form.exec(entry);
        const change = match && read(match);
        if (change === null) {
          context.addIssue({ code: 'custom', message: `has "${entry}"; it must be like ${example}` });
          return z.NEVER;
        }
        changes.set(match![1]!, change);
      }
      return changes;
    });
}

/** Changes of limits by name, written as `searches.account=600/60 register.address=off`. */
const rates = changesByName<RateChange>(
  /^([\w.]+)=(?:off|(\d{1,9})\/(\d{1,8}))$/,
  ([, , points, seconds]) => {
    if (Number(points) === 0 || Number(seconds) === 0) return null;
    return points === undefined ? undefined : { points: Number(points), seconds: Number(seconds) };
  },
  'searches.account=600/60 (600 in 60 seconds) or searches.account=off',
);

/** Counts by name, written as `account=20 process=off`; undefined: no limit. */
const counts = changesByName<number | undefined>(
  /^(\w+)=(off|\d{1,7})$/,
  ([, , count]) => (count === 'off' ? undefined : Number(count)),
  'account=20 or account=off',
);

const variables = z.object({
  /** PostgreSQL 18 with pgvector, as an administrator. Absent: one of the next five, else the embedded database in DATA_DIR. */
  DATABASE_URL: url,
  /** Where each role logs in, for deployments that do not hand the administrator's URL to every process. */
  OWNER_DATABASE_URL: url,
  AUTHENTICATOR_DATABASE_URL: url,
  WORKER_DATABASE_URL: url,
  MONITOR_DATABASE_URL: url,
  BACKUP_DATABASE_URL: url,
  /** The API's login on a standby, which then answers what only reads. */
  READ_DATABASE_URL: url.refine((value) => value === undefined || addressesOf(value).length === 1, {
    message: 'must name one server; several standbys have one address before them',
  }),
  /** Where the API's login hears of changes, past a pooler that stands before AUTHENTICATOR_DATABASE_URL. */
  LISTEN_DATABASE_URL: url,
  /** Milliseconds that a read waits for the standby to have what the primary has, before the primary answers. */
  READ_WAIT_MS: z.coerce.number().int().min(0).max(5_000).default(50),
  /** Connections of this process per role on a server: of signed-in users, of visitors, and of what hashes passwords. */
  DATABASE_POOL_SIZE: z.coerce.number().int().min(1).max(1000).default(10),
  POOL_VISITORS: z.coerce.number().int().min(1).max(1000).default(3),
  POOL_CREDENTIALS: z.coerce.number().int().min(1).max(1000).default(2),
  POOL_SUBSCRIPTIONS: z.coerce.number().int().min(1).max(1000).default(4),
  /** Seconds that a request waits for one of them, and how many may wait for each pool. */
  POOL_WAIT_SECONDS: z.coerce.number().min(0.1).max(600).default(5),
  POOL_QUEUE_LENGTH: z.coerce.number().int().min(0).max(100_000).default(500),
  /** What this installation is (production, staging …): a database that was adopted for another one is a copy here. */
  COLLOQUY_ENVIRONMENT: z
    .string()
    .trim()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$/,
      'must be at most 50 letters, digits, dots, hyphens and underscores',
    )
    .optional(),
  /** A server on which the tests may create and drop databases. */
  TEST_DATABASE_URL: url,
  /** Folder of the embedded database, uploaded files and the first account. */
  DATA_DIR: z.string().min(1).default('data'),
  /** Folder for downloaded PostgreSQL binaries. Default: a folder the server's own user can read. */
  COLLOQUY_CACHE_DIR: z.string().min(1).optional(),
  /** Folder of PostgreSQL's programs (pg_basebackup, pg_dump …). Absent: where pg_config says, or installers put them. */
  PG_BIN: z.string().min(1).optional(),
  /** Where backups lie: a folder, or s3://bucket/prefix with its endpoint and keys. */
  BACKUP_TARGET: backupFields.target,
  BACKUP_S3_ENDPOINT: backupFields.endpoint,
  BACKUP_S3_REGION: backupFields.region,
  BACKUP_S3_ACCESS_KEY_ID: backupFields.key,
  BACKUP_S3_SECRET_ACCESS_KEY: backupFields.key,
  /** Folder for a backup on its way to a bucket, or to be encrypted. Absent: backup-staging in DATA_DIR. */
  BACKUP_STAGING_DIR: backupFields.folder,
  /** The folder to which the server archives WAL, as this machine sees it. Absent: as the server names it. */
  BACKUP_ARCHIVE_DIR: backupFields.folder,
  /** Public keys of age, for which backups are encrypted, and the file with a private one, which reads them. */
  BACKUP_AGE_RECIPIENTS: backupFields.recipients,
  BACKUP_AGE_IDENTITY_FILE: backupFields.folder,
  /** Where the bytes of uploaded files are: s3://bucket/prefix with its endpoint and keys. Absent: the folder files in DATA_DIR. */
  FILES_STORAGE: filesFields.storage,
  FILES_S3_ENDPOINT: backupFields.endpoint,
  FILES_S3_REGION: backupFields.region,
  FILES_S3_ACCESS_KEY_ID: backupFields.key,
  FILES_S3_SECRET_ACCESS_KEY: backupFields.key,
  /** Where they were before, while they are moved: a data folder. What is not in FILES_STORAGE yet is read there. */
  FILES_STORAGE_BEFORE: backupFields.folder,
  /** Seconds that an address works by which clients reach the bucket themselves. Absent: none is given. */
  FILES_LINK_SECONDS: filesFields.seconds,
  /** The endpoint as clients reach it, where it is not FILES_S3_ENDPOINT. */
  FILES_LINK_ENDPOINT: backupFields.endpoint,
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port.default(5678),
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  ...httpFields,
  CI: z
    .string()
    .optional()
    .transform((value) => value !== undefined && value !== 'false' && value !== '0'),
  /** Where the counts of limits are: in each process, or in the database for all processes together. */
  RATE_LIMITS: z.enum(['off', 'memory', 'database']).default('memory'),
  /** Figures other than the defaults: searches.account=600/60 register.address=off … */
  RATE_LIMIT_RATES: rates,
  /** Subscriptions that may be open at the same time, other than the defaults: account=20 process=off … */
  SUBSCRIPTION_LIMITS: counts,
  /** Metrics for Prometheus: a port of their own, or /metrics for the bearer of a token. Absent: none. */
  METRICS_PORT: port.optional(),
  METRICS_TOKEN: z.string().min(16).max(500).optional(),
  /** Where traces go, over HTTP; and which share of them, from 0 to 1. What else the standard has, the exporter reads itself. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, message: 'must be an http:// or https:// address' })
    .optional(),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  LOG_FORMAT: z.enum(['json', 'pretty']).default(process.stdout.isTTY ? 'pretty' : 'json'),
  /** Who an import belongs to, when not the account that the first start made. */
  COLLOQUY_EMAIL: z.string().optional(),
  COLLOQUY_PASSWORD: z.string().optional(),
  /** What npm run mcp calls the API with: an API key, or another token. */
  COLLOQUY_TOKEN: z.string().max(8_192).optional(),
  /** Who computes vectors: local (the default), transformers, openai-compatible, or an endpoint's name. */
  EMBEDDING_PROVIDER: z.string().min(1).max(100).optional(),
  EMBEDDING_MODEL: z.string().min(1).max(200).optional(),
  EMBEDDING_DIMENSIONS: z.coerce.number().int().min(1).max(4000).optional(),
  /** Threads of the provider local, each with its copy of the model. Default: 2 from four cores on, else 1. */
  EMBEDDING_THREADS: z.coerce.number().int().min(1).max(64).optional(),
  /** Tokens of a search's text that are embedded, of one workspace's searches how many at once, and seconds that one waits. */
  EMBEDDING_QUERY_TOKENS: z.coerce.number().int().min(16).max(8192).default(256),
  EMBEDDING_QUERY_TURNS: z.coerce.number().int().min(1).max(100).optional(),
  EMBEDDING_QUERY_WAIT_SECONDS: z.coerce.number().min(0.1).max(60).default(5),
  /** Whether longer vectors of the model are cut to so many dimensions: for models that were trained for it. */
  EMBEDDING_TRUNCATE: flag,
  /** What the model wants before a query and a passage. Absent: what is known of the model. */
  EMBEDDING_QUERY_PREFIX: prefix,
  EMBEDDING_PASSAGE_PREFIX: prefix,
  /** How the first version of a database, or one that is switched to, cuts text. */
  EMBEDDING_CHUNK_SIZE: z.coerce.number().int().min(16).max(8192).optional(),
  EMBEDDING_CHUNK_OVERLAP: z.coerce.number().int().min(0).max(4096).optional(),
  EMBEDDING_CHUNKING: z.enum(['structure', 'sentence', 'fixed']).optional(),
  /** The service behind the provider openai-compatible. */
  EMBEDDING_BASE_URL: endpointFields.baseUrl.optional(),
  EMBEDDING_API_KEY: endpointFields.apiKey,
  EMBEDDING_BATCH_SIZE: endpointFields.batchSize,
  EMBEDDING_BATCH_TOKENS: endpointFields.batchTokens,
  EMBEDDING_MAX_TOKENS: endpointFields.maxTokens,
  EMBEDDING_PRICE: endpointFields.price,
  EMBEDDING_CONCURRENCY: endpointFields.concurrency,
  EMBEDDING_REQUESTS_PER_MINUTE: endpointFields.requestsPerMinute,
  EMBEDDING_TOKENS_PER_MINUTE: endpointFields.tokensPerMinute,
  EMBEDDING_TIMEOUT_SECONDS: endpointFields.timeoutSeconds,
  EMBEDDING_SEND_DIMENSIONS: flag,
  /** Further services by name, as JSON, for versions whose provider is such a name. */
  EMBEDDING_ENDPOINTS: endpoints,
  /** Folder with models for the provider transformers; without it, models come from the hub. */
  TRANSFORMERS_MODELS_DIR: z.string().min(1).optional(),
  /** Who summarises: none, openai-compatible, or an endpoint's name; and by which chat model. */
  SUMMARY_PROVIDER: z.string().min(1).max(100).default('none'),
  SUMMARY_MODEL: z.string().min(1).max(200).optional(),
  /** US dollars per million tokens that the chat model reads, and that it writes. */
  SUMMARY_INPUT_PRICE: endpointFields.price,
  SUMMARY_OUTPUT_PRICE: endpointFields.price,
  /** The whole address of the service that reranks the results of searches that ask for it. Absent: none. */
  RERANK_URL: rerankFields.url.optional(),
  RERANK_MODEL: z.string().min(1).max(200).optional(),
  RERANK_API_KEY: endpointFields.apiKey,
  RERANK_TIMEOUT_MS: rerankFields.timeout,
  RERANK_SHAPE: rerankFields.shape,
  /** Who delivers mail: smtp://, smtps:// or a webhook. Absent: nobody, see docs/mail.md. */
  MAIL_URL: mailFields.url,
  MAIL_FROM: mailFields.from,
  MAIL_WEBHOOK_SECRET: mailFields.webhookSecret,
  /** Networks to which webhooks may be delivered although they are not public: 10.1.0.0/16, 127.0.0.1 … Absent: none. */
  WEBHOOK_ALLOWED_NETWORKS: readBy(readNetworks),
  /** Where the client's pages are, and which of them take the tokens of mails. */
  PUBLIC_URL: mailFields.publicUrl,
  MAIL_LINK_RESET: mailFields.linkReset,
  MAIL_LINK_VERIFY: mailFields.linkVerify,
  MAIL_LINK_INVITATION: mailFields.linkInvitation,
  MAIL_LINK_ADDRESS: mailFields.linkAddress,
  /** An outside identity provider whose tokens are accepted: all three or none. */
  JWT_ISSUER: optionalText,
  JWT_AUDIENCE: optionalText,
  JWT_JWKS_URL: optionalText.refine((value) => value === undefined || isTrustedUrl(value), {
    message: 'must be an https:// address (http:// only for this machine)',
  }),
  /** Algorithms of its signatures, separated by commas. */
  JWT_ALGORITHMS: optionalText
    .transform((value) => (value ?? 'RS256,ES256').split(',').map((name) => name.trim()))
    .refine((names) => names.every((name) => JWT_ALGORITHMS.includes(name)), {
      message: `must be some of ${JWT_ALGORITHMS.join(', ')}, separated by commas`,
    }),
  /** Clients whose tokens are taken, separated by commas. Absent: those of any. */
  JWT_AUTHORIZED_PARTIES: optionalText
    .transform((value) => value?.split(',').map((name) => name.trim()))
    .refine((names) => !names?.includes(''), { message: 'must be names, separated by commas' }),
  /** From the issue of a token to its expiry. */
  JWT_MAX_LIFETIME_SECONDS: z.coerce.number().int().min(60).max(31_536_000).default(86_400),
  /** Whether tokens that tell a client who has signed in are taken, too. */
  JWT_ID_TOKENS: z.enum(['accept', 'refuse']).default('refuse'),
});

const SERVERS = ['DATABASE_URL', 'AUTHENTICATOR_DATABASE_URL', 'WORKER_DATABASE_URL'] as const;

const PROVIDER = ['JWT_ISSUER', 'JWT_AUDIENCE', 'JWT_JWKS_URL'] as const;

const refined = variables.superRefine((values, context) => {
  if (values.READ_DATABASE_URL && !SERVERS.some((name) => values[name])) {
    const message = 'needs the primary, too: DATABASE_URL or AUTHENTICATOR_DATABASE_URL';
    context.addIssue({ code: 'custom', path: ['READ_DATABASE_URL'], message });
  }
  const mail = missingMailVariable(values);
  if (mail) context.addIssue({ code: 'custom', path: [mail.name], message: mail.message });
  const missing = PROVIDER.filter((name) => values[name] === undefined);
  if (missing.length === PROVIDER.length) return;
  for (const name of missing) {
    context.addIssue({
      code: 'custom',
      path: [name],
      message: `is missing; set all of ${PROVIDER.join(', ')} or none`,
    });
  }
});

/** A process that has one login and no administrator's: it needs no other, and says so where it would. */
const schema = refined.transform((values) => ({
  ...values,
  DATABASE_URL:
    values.DATABASE_URL ??
    values.AUTHENTICATOR_DATABASE_URL ??
    values.WORKER_DATABASE_URL ??
    values.OWNER_DATABASE_URL ??
    values.MONITOR_DATABASE_URL ??
    values.BACKUP_DATABASE_URL,
}));

export type Env = z.infer<typeof schema>;

/** The library's own words are for programmers. */
const inPlainWords: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'invalid_type' && issue.expected === 'number') return 'must be a number';
  if (issue.code === 'invalid_type' && issue.expected === 'int') return 'must be a whole number';
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`;
  const limit = (bound: string, value: unknown) =>
    issue.origin === 'string' ? `must have ${bound} ${value} characters` : `must be ${bound} ${value}`;
  if (issue.code === 'too_small') return limit('at least', issue.minimum);
  if (issue.code === 'too_big') return limit('at most', issue.maximum);
  return undefined;
};

/** What was set, in truth: an empty variable counts as absent, whichever it is. `docker compose` makes such ones. */
function present(source: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(source).filter(([, value]) => value?.trim()));
}

/**
 * Reads and validates the environment.
 * @throws ColloquyError CQ001 naming every variable that is wrong, and how.
 */
export function readEnv(source: NodeJS.ProcessEnv): Env {
  const result = schema.safeParse(present(source), { error: inPlainWords });
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new ColloquyError('CQ001', `The environment is not usable: ${problems.join('; ')}`, {
    hint: 'Correct or unset the variables named above; docs/configuration.md lists them all.',
  });
}

/** The names of all settings, in the order of their definition. */
export const settingNames: readonly string[] = Object.keys(variables.shape);

/** The variables that are set, were probably meant as settings, and are none. */
export function misspelt(source: NodeJS.ProcessEnv = process.env): UnknownVariable[] {
  return unknownVariables(Object.keys(present(source)), settingNames);
}

/** The environment, or the end of the process: nothing can be done without it, and no stack helps anybody. */
function readOwnEnv(): Env {
  try {
    return readEnv(process.env);
  } catch (error) {
    process.stderr.write(`${describeError(error)}\n`);
    process.exit(2);
  }
}

/** The environment of this process, read once. The only reader of process.env in the project. */
export const env: Env = readOwnEnv();

rememberSecrets([
  env.DATABASE_URL,
  env.OWNER_DATABASE_URL,
  env.AUTHENTICATOR_DATABASE_URL,
  env.WORKER_DATABASE_URL,
  env.MONITOR_DATABASE_URL,
  env.BACKUP_DATABASE_URL,
  env.READ_DATABASE_URL,
  env.LISTEN_DATABASE_URL,
  env.TEST_DATABASE_URL,
  env.COLLOQUY_PASSWORD,
  env.COLLOQUY_TOKEN,
  env.EMBEDDING_API_KEY,
  env.EMBEDDING_BASE_URL,
  ...Object.values(env.EMBEDDING_ENDPOINTS).flatMap(({ apiKey, baseUrl }) => [apiKey, baseUrl]),
  env.RERANK_API_KEY,
  env.MAIL_URL,
  env.MAIL_WEBHOOK_SECRET,
  env.BACKUP_S3_SECRET_ACCESS_KEY,
  env.FILES_S3_SECRET_ACCESS_KEY,
  env.OTEL_EXPORTER_OTLP_ENDPOINT,
]);

interface IdentityProviderSettings {
  issuer: string;
  audience: string;
  jwksUrl: string;
  algorithms: string[];
  authorizedParties: string[] | undefined;
  /** Seconds. */
  maxLifetime: number;
  acceptIdTokens: boolean;
}

/** The identity provider that the environment names, or undefined. */
export function identityProvider({
  JWT_ISSUER,
  JWT_AUDIENCE,
  JWT_JWKS_URL,
  JWT_ALGORITHMS,
  JWT_AUTHORIZED_PARTIES,
  JWT_MAX_LIFETIME_SECONDS,
  JWT_ID_TOKENS,
}: Env): IdentityProviderSettings | undefined {
  if (JWT_ISSUER === undefined || JWT_AUDIENCE === undefined || JWT_JWKS_URL === undefined) return undefined;
  return {
    issuer: JWT_ISSUER,
    audience: JWT_AUDIENCE,
    jwksUrl: JWT_JWKS_URL,
    algorithms: JWT_ALGORITHMS,
    authorizedParties: JWT_AUTHORIZED_PARTIES,
    maxLifetime: JWT_MAX_LIFETIME_SECONDS,
    acceptIdTokens: JWT_ID_TOKENS === 'accept',
  };
}

export interface RerankSettings {
  url: string;
  model: string | undefined;
  apiKey: string;
  /** Milliseconds. */
  timeout: number;
  shape: 'auto' | 'cohere' | 'tei';
}

/** The service that the environment names for reranking, or undefined. */
export function rerankSettings({
  RERANK_URL,
  RERANK_MODEL,
  RERANK_API_KEY,
  RERANK_TIMEOUT_MS,
  RERANK_SHAPE,
}: Env): RerankSettings | undefined {
  if (RERANK_URL === undefined) return undefined;
  return {
    url: RERANK_URL,
    model: RERANK_MODEL,
    apiKey: RERANK_API_KEY,
    timeout: RERANK_TIMEOUT_MS,
    shape: RERANK_SHAPE,
  };
}
