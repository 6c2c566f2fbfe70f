import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { InvalidArgumentError } from 'commander';
import { type Api, startApi } from '../api/server.ts';
import { queues } from '../jobs/registry.ts';
import { startWorker, type Worker } from '../jobs/worker.ts';
import { exitCodesHelp, makeCommand, runCommand, print as say, UsageError } from '../lib/cli.ts';
import { type Database, openDatabase } from '../lib/database.ts';
import { env, identityProvider, rerankSettings } from '../lib/env.ts';
import { errorCode } from '../lib/errors.ts';
import { log } from '../lib/log.ts';
import {
  demandCurrent,
  describeMigrated,
  migrateDatabase,
  migrationStatus,
  projectFolder,
} from '../lib/migrations.ts';
import { queueIsAlive } from '../lib/queue.ts';
import { filesFolder, localStorage } from '../lib/storage.ts';
import { ensureFirstVersion } from '../models/first-version.ts';
import { openQueryModels } from '../models/query-models.ts';
import { openReranker } from '../models/reranking/reranker.ts';
import { type FirstAccount, firstAccountFile, readFirstAccount } from './shared/first-account.ts';
import { describeProgress, indexingState } from './shared/indexing.ts';
import { openSession, type Session } from './shared/session.ts';
import { ensureFirstAccount } from './start/account.ts';
import { importDocumentation } from './start/documentation.ts';
import { welcome } from './start/welcome.ts';

interface Options {
  host: string;
  port: number;
  data: string;
  apiOnly?: boolean;
  workerOnly?: boolean;
  migrate: boolean;
  examples: boolean;
}

function readPort(value: string): number {
  const port = Number(value);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}

/** Brings the schema up to date, or, when told not to, checks that it is. */
async function prepare(database: Database, options: Options): Promise<void> {
  if (options.migrate) {
    const applied = await migrateDatabase(database, queues);
    if (applied.migrations.length + applied.functions.length > 0) say(`Schema: ${describeMigrated(applied)}`);
    const { made } = await ensureFirstVersion(database.pool('owner'));
    if (made) say(`Embedding version: "${made}" made, as the settings say.`);
    return;
  }
  demandCurrent(await migrationStatus(database.pool(options.workerOnly ? 'worker' : 'authenticator')));
}

/** The first account and the first content of a new database. */
async function firstSteps(database: Database, options: Options): Promise<FirstAccount | undefined> {
  const made = await ensureFirstAccount(database, options.data);
  if (!made) return (await readFirstAccount(options.data)) ?? undefined;
  if (database.kind === 'embedded') {
    await database
      .pool('owner')
      .query(`update app_private.settings set value = 'development' where name = 'environment'`);
  }
  say(`Account: ${made.email} made.`);
  return made;
}

async function run(options: Options): Promise<void> {
  const ending = new AbortController();
  const closers: (() => Promise<void>)[] = [];
  const end = async (): Promise<void> => {
    for (const close of closers.reverse())
      await close().catch((error) => log.error({ err: error }, 'while ending'));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (ending.signal.aborted) process.exit(130);
      say('\nEnding; once more to end at once.');
      ending.abort();
    });
  }

  try {
    const database = await openDatabase({ dataDir: options.data });
    closers.push(() => database.close());
    say(`Database: ${database.description}.`);
    await prepare(database, options);
    const account = options.apiOnly || options.workerOnly ? undefined : await firstSteps(database, options);

    let worker: Worker | undefined;
    if (!options.apiOnly) {
      worker = await startWorker({
        pool: database.pool('worker'),
        concurrency: database.kind === 'embedded' ? 1 : 2,
        storage: localStorage(filesFolder(options.data)),
      });
      closers.push(() => worker!.stop());
      if (options.workerOnly) say('Working on background jobs. Ctrl-C ends.');
    }
    if (!options.workerOnly) await serve(database, options, { account, closers, signal: ending.signal });
    if (!ending.signal.aborted) {
      await new Promise<void>((resolve) =>
        ending.signal.addEventListener('abort', () => resolve(), { once: true }),
      );
    }
  } finally {
    await end();
  }
  say('Ended.');
}

interface Serving {
  account: FirstAccount | undefined;
  closers: (() => Promise<void>)[];
  signal: AbortSignal;
}

async function serve(
  database: Database,
  options: Options,
  { account, closers, signal }: Serving,
): Promise<void> {
  const embedder = openQueryModels(database.pool('authenticator'));
  closers.push(() => embedder.close());
  const reranking = rerankSettings(env);
  const api: Api = await startApi({
    database,
    host: options.host,
    port: options.port,
    embedQuery: (text, versionId) => embedder.embed(text, versionId),
    activeVersion: () => embedder.activeVersion(),
    reranker: reranking && openReranker(reranking),
    storage: localStorage(filesFolder(options.data)),
    identityProvider: identityProvider(env),
    development: env.NODE_ENV !== 'production',
    isQueueAlive: () => queueIsAlive(database.pool('authenticator')),
  });
  closers.push(() => api.close());
  const session = account && (await signIn(database, account, options));
  if (session && options.examples) await firstContent(session, signal);
  if (signal.aborted) return;
  say(welcome({ url: api.url, account, token: session?.token, psql: `psql '${database.url('admin')}'` }));
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
