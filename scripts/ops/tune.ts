import { type Command, InvalidArgumentError, Option } from 'commander';
import { FINDINGS, print, say, table, UsageError } from '../../lib/cli.ts';
import type { Database } from '../../lib/database.ts';
import { env } from '../../lib/env.ts';
import { ColloquyError, errorCode } from '../../lib/errors.ts';
import { isOnThisMachine } from '../../operations/indexes/disk.ts';
import { advise } from '../../operations/tune/advise.ts';
import { type Compared, compareSettings } from '../../operations/tune/compare.ts';
import { ownMachine } from '../../operations/tune/machine.ts';
import { ownConnections, readDemands, readSettings } from '../../operations/tune/read.ts';
import { openPrepared } from '../shared/prepared-database.ts';

interface Options {
  memory?: number;
  cpus?: number;
  storage: 'ssd' | 'hdd';
  connections?: number;
  apply?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

const positive =
  (most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !(value > 0 && value <= most))
      throw new InvalidArgumentError(`It is a number above 0, ${most} at most.`);
    return value;
  };

/** @throws UsageError where the server is elsewhere and nobody said how large it is */
function machineOf(database: Database, { memory, cpus }: Options): { memoryMb: number; cpus: number } {
  if (memory !== undefined && cpus !== undefined)
    return { memoryMb: Math.floor(memory * 1024), cpus: Math.ceil(cpus) };
  if (!isOnThisMachine(database.url('monitor'))) {
    throw new UsageError('CQ657', 'The server is on another machine, whose size is not known here.', {
      hint: 'Say it: --memory GB --cpus N.',
    });
  }
  const own = ownMachine();
  return {
    memoryMb: memory === undefined ? own.memoryMb : Math.floor(memory * 1024),
    cpus: cpus === undefined ? own.cpus : Math.ceil(cpus),
  };
}

/** @throws ColloquyError CQ658 for a login that may not */
async function apply(database: Database, changes: Compared[]): Promise<void> {
  try {
    // alter system stands in no transaction: each by itself, and again it changes nothing
    for (const { sql } of changes) await database.pool('admin').query(sql);
    await database.pool('admin').query('select pg_catalog.pg_reload_conf()');
  } catch (error) {
    if (errorCode(error) !== '42501') throw error;
    throw new ColloquyError(
      'CQ658',
      'Settings of the server are changed by a superuser, and DATABASE_URL names another login.',
      {
        hint: 'Give the statements to whoever runs the server: npm run ops -- tune prints them. Hosted servers have a page of their own for settings.',
        cause: error,
      },
    );
  }
}

function show(compared: Compared[]): void {
  const name = ({ setting, role }: Compared): string => (role ? `${role}: ${setting}` : setting);
  const rows = compared.map((one) => [
    name(one),
    one.now ?? 'not set',
    one.rule === 'least' ? `${one.value} at least` : one.value,
    one.state === 'differs' && one.needsRestart ? 'differs, needs a restart' : one.state,
    one.reason,
  ]);
  print(table([['setting', 'now', 'fits', 'state', 'because'], ...rows]));
}

async function tune(options: Options): Promise<void> {
  const { database } = await openPrepared(env.DATA_DIR, 'monitor');
  try {
    if (database.kind === 'embedded') {
      throw new ColloquyError('CQ659', 'The embedded database has its settings from the program.', {
        hint: 'On a server: set DATABASE_URL.',
      });
    }
    say(`On ${database.description}.`);
    const pool = database.pool('monitor');
    const machine = {
      ...machineOf(database, options),
      storage: options.storage,
      connections: options.connections ?? ownConnections(),
      ...(await readDemands(pool)),
    };
    const compared = compareSettings(advise(machine), await readSettings(pool));
    const changes = compared.filter(({ state }) => state === 'differs');
    const isApplied = options.apply === true && !options.dryRun;
    if (isApplied) await apply(database, changes);
    if (options.json)
      print(
        JSON.stringify({
          machine,
          settings: compared,
          applied: isApplied ? changes.map(({ sql }) => sql) : [],
        }),
      );
    else {
      show(compared);
      if (changes.length > 0) {
        print(isApplied ? '\nDone:' : '\nAs a superuser, or with --apply:');
        for (const { sql } of changes) print(`  ${sql}`);
      }
      const restart = compared.filter(
        (one) => one.needsRestart && one.state !== 'fits' && one.state !== 'unknown',
      );
      if (restart.length > 0)
        print(`\nAfter a restart of the server: ${restart.map(({ setting }) => setting).join(', ')}.`);
    }
    if (changes.length > 0 && !isApplied) process.exitCode = FINDINGS;
  } finally {
    await database.close();
  }
}

export function addTune(ops: Command): void {
  ops
    .command('tune')
    .description(
      'Settings of PostgreSQL for this machine and this much data, with reasons, beside those that it has.',
    )
    .option(
      '--memory <GB>',
      'memory of the server, or of its container. Default: of this machine, if the server is on it',
      positive(100_000),
    )
    .option('--cpus <n>', 'its processors. Default: the same', positive(10_000))
    .addOption(new Option('--storage <kind>', 'what its data is on').choices(['ssd', 'hdd']).default('ssd'))
    .option(
      '--connections <n>',
      'connections of all processes. Default: an API and a worker with the pools of this environment, twice, and ten',
      positive(100_000),
    )
    .option('--apply', 'change what differs, as the superuser of DATABASE_URL')
    .option('--dry-run', 'with --apply: show only')
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      `
Examples:
  npm run ops -- tune
  npm run ops -- tune --memory 64 --cpus 16 --connections 200
  npm run ops -- tune --apply

Exit code 1: something differs. docs/operations/tuning.md`,
    )
    .action((options: Options) => tune(options));
}
