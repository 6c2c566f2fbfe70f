import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { InvalidArgumentError } from 'commander';
import { showsGraphiql } from '../api/graphiql.ts';
import { doorOptions } from '../api/http/door.ts';
import { type Api, startApi } from '../api/server.ts';
import { readTrustedDocuments } from '../api/trusted-documents.ts';
import { queues } from '../jobs/registry.ts';
import { startWorker } from '../jobs/worker.ts';
import { exitCodesHelp, makeCommand, runCommand, UsageError } from '../lib/cli.ts';
import { demandLogin } from '../lib/database/demands.ts';
import { demandOwners } from '../lib/database/owners.ts';
import { type Database, openDatabase } from '../lib/database.ts';
import { env, identityProvider, misspelt, port, rerankSettings } from '../lib/env.ts';
import { ColloquyError, errorCode } from '../lib/errors.ts';
import { log } from '../lib/log.ts';
import { mailSettings } from '../lib/mail-settings.ts';
import {
  demandCurrent,
  describeMigrated,
  migrateDatabase,
  migrationStatus,
  projectFolder,
} from '../lib/migrations.ts';
import { openStorage } from '../lib/open-storage.ts';
import { programVersion } from '../lib/program-version.ts';
import { openQuarantine } from '../lib/quarantine.ts';
import { queueIsAlive } from '../lib/queue.ts';
import { openTracing } from '../lib/tracing.ts';
import { openMailer } from '../mail/open-mailer.ts';
import { ensureFirstVersion } from '../models/first-version.ts';
import { openProvider } from '../models/open-provider.ts';
import { openQueryModels } from '../models/query-models.ts';
import { openGuards } from '../models/remote/guard.ts';
import { unlessQuarantined } from '../models/remote/pause.ts';
import { openReranker } from '../models/reranking/reranker.ts';
import {
  type FirstAccount,
  firstAccountFile,
  firstTokenFile,
  readFirstAccount,
} from './shared/first-account.ts';
import { describeProgress, indexingState } from './shared/indexing.ts';
import { openBackups } from './shared/open-backups.ts';
import { openSession, type Session } from './shared/session.ts';
import { ensureFirstAccount, keepToken } from './start/account.ts';
import { isJson, announce as say } from './start/announce.ts';
import { importDocumentation } from './start/documentation.ts';
import { showDatabase } from './start/show-database.ts';
import { welcome } from './start/welcome.ts';

interface Options {
  host: string;
  port: number;
  data: string;
  apiOnly?: boolean;
  workerOnly?: boolean;
  migrate: boolean;
  examples: boolean;
  firstAccount?: boolean;
}

/** Milliseconds in which a preparation that was begun may end by itself. Below the ten seconds of `docker stop`. */
const PREPARATION_GRACE = 5_000;

/** Milliseconds in which everything else may end: a job in hand has half a minute. */
const ENDING_GRACE = 40_000;

/** Queries of one workspace that are embedded at the same time by a service: it has room for more than a thread of ours. */
const SERVICE_TURNS = 4;

function readPort(value: string): number {
  const { data, error } = port.safeParse(value);
  if (data === undefined) throw new InvalidArgumentError(`A port ${error?.issues[0]?.message}.`);
  return data;
}

/** Settings that are none are named, and never shown: what stands in a misspelt one may be a key. */
function warnOfMisspelt(): void {
  for (const { name, suggestion } of misspelt()) {
    const hint = suggestion ? `Did you mean ${suggestion}?` : 'docs/configuration.md lists them all.';
    log.warn({ variable: name, suggestion }, `${name} is set, and is no setting of Colloquy. ${hint}`);
  }
}

/** Brings the schema up to date, or, when told not to, checks that it is; and whether this process can be whom it must. */
async function prepare(database: Database, options: Options): Promise<void> {
  if (options.migrate) {
    const applied = await migrateDatabase(database, queues, { onCopy: say });
    if (applied.migrations.length + applied.functions.length > 0) say(`Schema: ${describeMigrated(applied)}`);
    const { made } = await ensureFirstVersion(database.pool('owner'));
    if (made) say(`Embedding version: "${made}" made, as the settings say.`);
  }
  const roles = (['authenticator', 'worker'] as const).filter(
    (role) => !(role === 'authenticator' ? options.workerOnly : options.apiOnly),
  );
  for (const role of roles) await demandLogin(database, role);
  if (options.migrate) return;
  const pool = database.pool(roles[0]!);
  demandCurrent(await migrationStatus(pool));
  await demandOwners(pool);
}

/** One half of a deployment in production never takes an embedded database that happens to be in its folder for its own. */
function demandNamed({ apiOnly, workerOnly }: Options): void {
  if (env.NODE_ENV !== 'production' || env.DATABASE_URL || !(apiOnly || workerOnly)) return;
  const half = apiOnly ? '--api-only' : '--worker-only';
  const own = apiOnly ? 'AUTHENTICATOR_DATABASE_URL' : 'WORKER_DATABASE_URL';
  throw new ColloquyError(
    'CQ051',
    `No variable names a database, which ${half} shares with other processes.`,
    {
      hint: `Set ${own}; npm run logins makes it. Without ${half}, the embedded database of the data folder is used.`,
    },
  );
}

/** Whether the database is a server that others depend on: nothing there is made or kept for convenience. */
const isProductionServer = (database: Database): boolean =>
  env.NODE_ENV === 'production' && database.kind === 'server';

/** The account that a new database begins with; none on a server in production, unless it is asked for. */
async function firstSteps(
  database: Database,
  options: Options,
): Promise<(FirstAccount & { isNew: boolean }) | undefined> {
  if (isProductionServer(database) && !options.firstAccount) return undefined;
  const made = await ensureFirstAccount(database, options.data);
  if (!made) {
    const account = await readFirstAccount(options.data);
    return account ? { ...account, isNew: false } : undefined;
  }
  if (database.kind === 'embedded') {
    await database
      .pool('owner')
      .query(`update app_private.settings set value = 'development' where name = 'environment'`);
  }
  say(`Account: ${made.email} made; its password is in ${resolve(firstAccountFile(options.data))}.`);
  return { ...made, isNew: true };
}

/** Ends the process after a while, whatever it waits for. */
function endWithin(milliseconds: number, why: string): NodeJS.Timeout {
  return setTimeout(() => {
    process.stderr.write(`${why}\n`);
    process.exit(130);
  }, milliseconds).unref();
}

async function run(options: Options): Promise<void> {
  warnOfMisspelt();
  const ending = new AbortController();
  const { signal } = ending;
  let isPrepared = false;
  const closers: (() => Promise<void>)[] = [];
  let database: Database | undefined;
  let endTracing: (() => Promise<void>) | undefined;
  const end = async (): Promise<void> => {
    const told = (error: unknown): void => log.error({ err: error }, 'while ending');
    // the API and the worker at the same time: each may have to wait for what it has in hand
    await Promise.all(closers.map((close) => close().catch(told)));
    await database?.close().catch(told);
    await endTracing?.().catch(told);
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (signal.aborted) process.exit(130);
      say('Ending; once more to end at once.');
      ending.abort();
      if (isPrepared) endWithin(ENDING_GRACE, 'It does not end by itself, so it is ended.');
      else endWithin(PREPARATION_GRACE, 'Ended; what the preparation had not finished is rolled back.');
    });
  }

  try {
    if (env.OTEL_EXPORTER_OTLP_ENDPOINT) {
      const part = options.apiOnly ? 'colloquy-api' : options.workerOnly ? 'colloquy-worker' : 'colloquy';
      endTracing = await openTracing(part, programVersion, env.OTEL_TRACES_SAMPLER_ARG);
    }
    database = await openDatabase({ dataDir: options.data, follow: true });
    say(`Database: ${database.description}.`);
    if (!signal.aborted) await prepare(database, options);
    isPrepared = true;
    if (!signal.aborted) await work(database, options, { closers, signal });
  } finally {
    await end();
  }
  say('Ended.');
}

/** Works and serves until it is told to end. */
async function work(database: Database, options: Options, { closers, signal }: Running): Promise<void> {
  const account = options.apiOnly || options.workerOnly ? undefined : await firstSteps(database, options);
  if (!options.apiOnly) {
    const worker = await startWorker({
      pool: database.pool('worker'),
      concurrency: database.kind === 'embedded' ? 1 : 2,
      storage: openStorage(options.data),
      backups: openBackups(database, options.data),
      exports: database,
      mailer: openMailer(mailSettings(env), {
        dataDir: options.data,
        isProductionServer: isProductionServer(database),
      }),
    });
    closers.push(() => worker.stop());
    closers.push(await showDatabase(database.pool('worker'), options));
    if (options.workerOnly) say('Working on background jobs. Ctrl-C ends.');
  }
  if (!options.workerOnly && !signal.aborted) await serve(database, options, { account, closers, signal });
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

interface Running {
  /** What is to be done at the end, before the database is closed. */
  closers: (() => Promise<void>)[];
  signal: AbortSignal;
}

async function serve(
  database: Database,
  options: Options,
  { account, closers, signal }: Running & { account: (FirstAccount & { isNew: boolean }) | undefined },
): Promise<void> {
  const quarantine = openQuarantine(database.pool('authenticator'), env.COLLOQUY_ENVIRONMENT);
  const guards = openGuards(unlessQuarantined(quarantine));
  const embedder = openQueryModels(database.pool('authenticator'), (version) =>
    openProvider(version, { guards }),
  );
  let api: Api | undefined;
  closers.push(async () => {
    await api?.close();
    await embedder.close();
  });
  const reranking = rerankSettings(env);
  const hasService = env.EMBEDDING_BASE_URL !== undefined || Object.keys(env.EMBEDDING_ENDPOINTS).length > 0;
  const isOpen = showsGraphiql({ kind: database.kind, host: options.host, env });
  api = await startApi({
    database,
    host: options.host,
    port: options.port,
    standbyPatience: env.READ_WAIT_MS,
    embedQuery: (text, versionId) => embedder.embed(text, versionId),
    activeVersion: () => embedder.activeVersion(),
    reranker: reranking && openReranker(reranking, {}, unlessQuarantined(quarantine)),
    storage: openStorage(options.data),
    identityProvider: identityProvider(env),
    queryTurns: {
      tokens: env.EMBEDDING_QUERY_TOKENS,
      each: env.EMBEDDING_QUERY_TURNS ?? (hasService ? SERVICE_TURNS : 1),
      patience: env.EMBEDDING_QUERY_WAIT_SECONDS * 1000,
    },
    metrics: { port: env.METRICS_PORT, token: env.METRICS_TOKEN },
    limits: { store: env.RATE_LIMITS, changes: env.RATE_LIMIT_RATES },
    live: { limits: env.SUBSCRIPTION_LIMITS },
    requestTimeout: env.REQUEST_TIMEOUT_SECONDS * 1_000,
    development: isOpen,
    introspection: env.INTROSPECTION ?? isOpen,
    trustedDocuments: env.TRUSTED_DOCUMENTS ? await readTrustedDocuments(env.TRUSTED_DOCUMENTS) : undefined,
    ...doorOptions(env),
    isQueueAlive: () => queueIsAlive(database.pool('authenticator')),
    quarantine,
  });
  const session = account && (await signIn(database, account, options));
  if (session && options.examples) await firstContent(session, signal);
  if (signal.aborted) return;
  const { url, hasGraphiql } = api;
  // the URL of a server holds a password, and this may go to a log
  const psql = database.kind === 'embedded' ? `psql '${database.url('admin')}'` : 'psql "$DATABASE_URL"';
  if (session) keepToken(options.data, session.token);
  if (isJson) say('Colloquy is running. SIGTERM or Ctrl-C ends it.', { url, graphql: `${url}/graphql` });
  else {
    say(
      welcome({
        url,
        hasGraphiql,
        account: account && session && { ...account, token: session.token },
        accountFile: resolve(firstAccountFile(options.data)),
        tokenFile: resolve(firstTokenFile(options.data)),
        isNew: account?.isNew ?? false,
        isTerminal: process.stdout.isTTY === true,
        psql,
      }),
    );
  }
  if (session && options.examples) await importDocumentation(session, projectFolder, 'rest');
}

/** Signs in as the first account; not any more when its password was changed since. */
async function signIn(
  database: Database,
  account: FirstAccount,
  options: Options,
): Promise<Session | undefined> {
  try {
    return await openSession(database, { ...account, from: firstAccountFile(options.data) });
  } catch (error) {
    if (errorCode(error) === 'CQ102' || errorCode(error) === 'CQ103') return undefined;
    throw error;
  }
}

/** Imports what a newcomer reads first and waits until it is searchable. */
async function firstContent(session: Session, signal: AbortSignal): Promise<void> {
  const added = await importDocumentation(session, projectFolder, 'first');
  if (added === 0) return;
  say(`Documentation: ${added} pages imported as first content; the rest follows.`);
  let last = '';
  while (!signal.aborted) {
    const state = await indexingState(session);
    const line = `Indexing: ${describeProgress(state)}`;
    if (line !== last) say(line);
    last = line;
    if (state.isComplete) return;
    await delay(1000, undefined, { signal }).catch(() => {});
  }
}

const program = makeCommand(
  'npm start --',
  'Starts Colloquy: database, GraphQL API and background worker in one process.',
)
  .option('--host <address>', 'address to listen on', env.HOST)
  .option('--port <number>', 'port to listen on; 0 takes a free one', readPort, env.PORT)
  .option(
    '--data <folder>',
    'folder of the embedded database, uploaded files and the first account',
    env.DATA_DIR,
  )
  .option('--api-only', 'serve the API without working on jobs')
  .option('--worker-only', 'work on jobs without serving the API')
  .option('--no-migrate', 'do not change the schema; fail when it is not up to date')
  .option('--first-account', 'make the first account also on a server in production')
  .option('--no-examples', 'do not import the documentation as first content')
  .addHelpText(
    'after',
    `
The database is the one of DATABASE_URL (PostgreSQL 18 with pgvector); without it, one that runs inside this process and
lives in the data folder. docs/configuration.md lists all settings.

Examples:
  npm start                                   everything, on http://localhost:${env.PORT}
  npm start -- --port 8080 --data ~/colloquy
  DATABASE_URL=postgres://… npm start -- --api-only
${exitCodesHelp()}`,
  )
  .action(async (options: Options) => {
    if (options.apiOnly && options.workerOnly) {
      throw new UsageError('CQ019', '--api-only and --worker-only exclude each other.', {
        hint: 'Leave both out to run everything.',
      });
    }
    demandNamed(options);
    await run({
      ...options,
      data: join(options.data),
      migrate: options.migrate && !options.apiOnly && !options.workerOnly,
    });
  });

await runCommand(async () => {
  try {
    await program.parseAsync();
  } catch (error) {
    log.debug({ err: error }, 'could not start');
    throw error;
  }
});
