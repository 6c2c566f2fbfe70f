import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { queues } from '../jobs/registry.ts';
import { exitCodesHelp, makeCommand, print, runCommand, say } from '../lib/cli.ts';
import { type Database, openDatabase } from '../lib/database.ts';
import { env } from '../lib/env.ts';
import { ColloquyError } from '../lib/errors.ts';
import { describeMigrated, migrateDatabase } from '../lib/migrations.ts';
import { ensureFirstVersion } from '../models/first-version.ts';
import { adopt } from './migrate/adopt.ts';
import { commit, uncommit } from './migrate/graphile.ts';
import { demandDevelopment, markAsDevelopment } from './migrate/mark.ts';
import { reset } from './migrate/reset.ts';
import { describeStatus, emptyStatus, readStatus, type Status } from './migrate/status.ts';
import { committingPlace, existingDatabase, type Workplace, watchingPlace } from './migrate/target.ts';
import { watch } from './migrate/watch.ts';

interface Options {
  data: string;
  json?: boolean;
  status?: boolean;
  dryRun?: boolean;
  development?: boolean;
  drift: boolean;
  repair?: boolean;
  adopt?: boolean;
  message?: string;
  once?: boolean;
  yes?: boolean;
  force?: boolean;
}

const program = makeCommand(
  'npm run migrate --',
  'Brings a database up to date: roles, extensions, migrations, functions, queues. Again changes nothing.',
)
  .option(
    '--data <folder>',
    'folder of the embedded database, which is used without DATABASE_URL',
    env.DATA_DIR,
  )
  .option('--status', 'say what is applied, pending and changed, and change nothing')
  .option(
    '--no-drift',
    'with --status: do not compare the schema with a reference, which takes half a minute',
  )
  .option(
    '--repair',
    'hand what belongs to others to colloquy_owner, and apply every file of functions/ anew',
  )
  .option('--adopt', 'record a database from before 0.1.0 as one of today, when its tables are the same')
  .option('--dry-run', 'say what would be applied')
  .option('--development', 'also mark the database as one whose content may be lost: reset and watch need it')
  .option('--json', 'the answer as JSON')
  .allowExcessArguments(false)
  .addHelpText(
    'after',
    `
The database is DATABASE_URL; without it, the embedded one in the data folder.

Examples:
  npm run migrate                                 bring it up to date
  npm run migrate -- --status                     is it up to date, and is its schema what this copy makes?
  DATABASE_URL=postgres://… npm run migrate       the same for a server
  npm run migrate -- watch                        write a migration: it runs whenever you save
  npm run migrate -- commit -m "label documents"  prove it on an empty database and keep it
${exitCodesHelp('not up to date (--status, --dry-run)')}`,
  )
  .action(async (options: Options) => {
    if (options.status) await status(options);
    else if (options.dryRun) await dryRun(options);
    else await migrate(options);
  });

async function withDatabase<T>(database: Database, work: (database: Database) => Promise<T>): Promise<T> {
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

async function statusOf(options: Options, drift: boolean): Promise<Status> {
  const database = await existingDatabase(options.data);
  if (!database) return emptyStatus(options.data);
  return withDatabase(database, (found) => readStatus(found, { drift }));
}

async function status(options: Options): Promise<void> {
  const found = await statusOf(options, options.drift);
  print(options.json ? JSON.stringify(found) : describeStatus(found));
  process.exitCode = found.upToDate ? 0 : 1;
}

async function dryRun(options: Options): Promise<void> {
  const { database, pending, unknown, changed, pendingFunctions, supersededFunctions, missingQueues } =
    await statusOf(options, false);
  const functions = [...pendingFunctions, ...supersededFunctions].sort();
  const nothing = pending.length + functions.length + missingQueues.length === 0;
  if (options.json) print(JSON.stringify({ database, pending, unknown, changed, functions, missingQueues }));
  else {
    print(database);
    for (const name of pending) print(`  would apply ${name}`);
    for (const path of functions) print(`  would apply functions/${path}`);
    for (const name of changed) print(`  would refuse: ${name} has another text here than was applied`);
    for (const name of missingQueues) print(`  would make the queue ${name}`);
    if (nothing) print('Already up to date.');
  }
  process.exitCode = nothing && unknown.length + changed.length === 0 ? 0 : 1;
}

async function migrate(options: Options): Promise<void> {
  await withDatabase(await openDatabase({ dataDir: options.data }), async (database) => {
    if (!options.json) print(database.description);
    if (options.adopt) await adopt(database, say);
    const applied = await migrateDatabase(database, queues, {
      onApplied: (name) => say(`  applied ${name}`),
      onCopy: say,
      ...(options.repair ? { allFunctions: true } : {}),
    });
    if (options.development) await markAsDevelopment(database);
    const first = await ensureFirstVersion(database.pool('owner'));
    const names = queues.map((queue) => queue.name);
    if (options.json) {
      print(
        JSON.stringify({
          database: database.description,
          applied: applied.migrations,
          functions: applied.functions,
          queues: names,
        }),
      );
    } else {
      if (applied.functions.length <= 20)
        for (const path of applied.functions) say(`  applied functions/${path}`);
      print(describeMigrated(applied));
      print(`Queues: ${names.join(', ')}`);
      if (first.made) print(`Embedding version "${first.made}" made and activated, as the settings say.`);
      if (options.development) print('Marked as a development database: reset may remove everything in it.');
    }
    if (first.warning) say(first.warning);
  });
}

/** Brings the database of a workplace up to date, does the work there, and puts the place away. */
async function at(place: Workplace, work: (place: Workplace) => Promise<void>): Promise<void> {
  try {
    say(`On ${place.database.description}`);
    await work(place);
  } finally {
    await place.close();
  }
}

// functions/ may need what the migration in hand makes
const bringUp = (database: Database): Promise<unknown> => migrateDatabase(database, queues, { inHand: true });

program
  .command('watch')
  .description(
    'run the migration in hand (migrations/current/) and functions/, and again whenever a file of them is saved',
  )
  .option('--once', 'run it once')
  .addHelpText(
    'after',
    `
On DATABASE_URL, which must be marked as a development database; without it, on the server of npm run postgres.
The migration in hand must be one that can be run again and again.`,
  )
  .action(async (_: unknown, command: Command) => {
    const options = command.optsWithGlobals<Options>();
    await at(await watchingPlace(say, bringUp), async (place) => {
      await demandDevelopment(place.database, 'watch');
      const ending = new AbortController();
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => ending.abort());
      const isWell = await watch(place.database, { once: options.once ?? false, say, signal: ending.signal });
      if (!isWell) process.exitCode = 1;
    });
  });

program
  .command('commit')
  .description('prove the migration in hand on an empty database, and make it a committed one')
  .option('-m, --message <text>', 'names the file: 000006-<text>.sql')
  .addHelpText('after', '\nWithout DATABASE_URL it works on a server of its own: nothing is needed.')
  .action(async (_: unknown, command: Command) => {
    const options = command.optsWithGlobals<Options>();
    await at(await committingPlace(say), async (place) => {
      await prepareCommitting(place, 'commit');
      const made = await commit(place, options.message);
      print(`migrations/committed/${made}`);
      say(
        '  → npm run picture, then commit the file together with migrations/frozen.txt, functions/ and sql/schema/.',
      );
    });
  });

program
  .command('uncommit')
  .description('take the last committed migration back into hand, while nobody else has it')
  .action(async () => {
    await at(await committingPlace(say), async (place) => {
      await prepareCommitting(place, 'uncommit');
      print(`${await uncommit(place)} is in migrations/current/ again.`);
    });
  });

async function prepareCommitting(place: Workplace & { isScratch?: boolean }, command: string): Promise<void> {
  if (!place.isScratch) await demandDevelopment(place.database, command);
  await bringUp(place.database);
}

async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new ColloquyError(
      'CQ041',
      'reset removes everything in a database, and nobody is here to say yes.',
      {
        hint: 'Say so beforehand: npm run migrate -- reset --yes',
      },
    );
  }
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await reader.question(`${question} [y/N] `)).trim());
  } finally {
    reader.close();
  }
}

program
  .command('reset')
  .description('remove everything in a development database, and make it anew')
  .option('--yes', 'do not ask')
  .option('--force', 'on a server: end the sessions of others')
  .addHelpText(
    'after',
    `
Refused unless the database is marked: npm run migrate -- --development. Files that were uploaded stay.`,
  )
  .action(async (_: unknown, command: Command) => {
    const options = command.optsWithGlobals<Options>();
    const applied = await reset(
      env.DATABASE_URL ? { adminUrl: env.DATABASE_URL } : { dataDir: options.data },
      () => openDatabase({ dataDir: options.data }),
      {
        force: options.force ?? false,
        confirm: async (description) =>
          options.yes === true || (await confirm(`Remove everything in ${description}?`)),
      },
    );
    if (!applied) {
      print('Nothing was removed.');
      return;
    }
    print(`Made anew: ${applied.length} migrations applied. It is marked as a development database.`);
  });

await runCommand(() => program.parseAsync());
