import { basename, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { FINDINGS, print, say, table, UsageError } from '../../lib/cli.ts';
import { shownAddress } from '../../lib/connections/addresses.ts';
import { openDatabase } from '../../lib/database.ts';
import { env } from '../../lib/env.ts';
import { formatBytes, formatSeconds } from '../../lib/progress.ts';
import { type Added, addReplica } from '../../operations/replica/add.ts';
import { type Promoted, promoteReplica } from '../../operations/replica/promote.ts';
import { type ReplicaStatus, replicaStatus } from '../../operations/replica/status.ts';
import { recorded } from '../../operations/run.ts';
import { openPrepared } from '../shared/prepared-database.ts';

const HINT = 'docs/operations/replication.md has the way from one server to two.';

function demandServer(): string {
  if (env.DATABASE_URL) return env.DATABASE_URL;
  throw new UsageError('CQ670', 'The embedded database has no standby.', {
    hint: `Move to a server first, and set DATABASE_URL. ${HINT}`,
  });
}

function positive(value: string): number {
  const number = Number(value);
  if (!(number >= 0) || value.trim() === '') throw new InvalidArgumentError('A number from 0.');
  return number;
}

function slotName(value: string): string {
  if (!/^[a-z0-9_]{1,63}$/.test(value))
    throw new InvalidArgumentError('Letters a to z, digits and _, at most 63.');
  return value;
}

function addSetting(value: string, settings: Record<string, string> = {}): Record<string, string> {
  const [, name, text] = /^([a-z_.]+)=(.*)$/.exec(value) ?? [];
  if (name === undefined) throw new InvalidArgumentError('As name=value.');
  return { ...settings, [name]: text! };
}

/** Ends what runs when somebody presses Ctrl-C: what was half made is removed before the process ends. */
function interruptible(): AbortSignal {
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => ending.abort(new Error('Interrupted; nothing is left of what was begun.')));
  return ending.signal;
}

function describeAdded({ folder, slot, seconds, isRunning, warnings }: Added, dryRun: boolean): string {
  const done = dryRun
    ? `A standby would be made in ${folder}, with the slot ${slot}.`
    : `${folder} is a copy that follows with the slot ${slot}; copying took ${formatSeconds(seconds)}.`;
  const next = isRunning
    ? 'It runs. npm run ops -- replica status shows how far it is; READ_DATABASE_URL lets the API read there.'
    : `Start it: pg_ctl --pgdata ${folder} start`;
  return [done, ...(dryRun ? [] : [next]), ...warnings.map((warning) => `Note: ${warning}`)].join('\n');
}

const lag = (bytes: number, seconds: number | null): string =>
  `${formatBytes(bytes)}, ${seconds === null ? 'has all' : `${seconds.toFixed(1)} s`}`;

function describeStatus({ primary, standbys, slots, itself, findings }: ReplicaStatus): string {
  const parts = [
    primary.isStandby
      ? 'This server is a standby.'
      : `Primary at ${primary.lsn}, timeline ${primary.timeline}.`,
    primary.synchronous === ''
      ? 'Asynchronous: when the primary is lost, so are the last commits that no standby has (synchronous_standby_names).'
      : `Synchronous: a commit waits for ${primary.synchronous}.`,
  ];
  if (standbys.length > 0)
    parts.push(
      table([
        ['standby', 'address', 'state', 'sync', 'behind'],
        ...standbys.map((one) => [
          one.name,
          one.address ?? 'socket',
          one.state,
          one.sync,
          lag(one.lagBytes, one.lagSeconds),
        ]),
      ]),
    );
  if (slots.length > 0)
    parts.push(
      table([
        ['slot', 'used', 'WAL', 'kept'],
        ...slots.map((one) => [
          one.name,
          one.isActive ? 'yes' : 'no',
          one.invalid ?? one.wal ?? '',
          formatBytes(one.keptBytes ?? 0),
        ]),
      ]),
    );
  if (itself && !('error' in itself))
    parts.push(
      `The standby of READ_DATABASE_URL: replay ${itself.replay}, ${itself.receives ? 'receives' : 'receives nothing'}, ${itself.lagSeconds === null ? 'no commit yet' : `${itself.lagSeconds.toFixed(1)} s behind`}, ${itself.conflicts} reads ended by recovery.`,
    );
  return [...parts, ...(findings.length > 0 ? ['', ...findings] : [])].join('\n');
}

function describePromoted(promoted: Promoted, primaryUrl: string): string {
  const { address, lsn, lastCommit, took, timeline, lost } = promoted;
  const known =
    lost.bytes === null
      ? 'What the old primary had beyond that is not known here: --old-primary FOLDER counts it, where its data folder can be read.'
      : `Lost: ${lost.commits === null ? 'an unknown number of' : lost.commits} commits (${formatBytes(lost.bytes)} of WAL that the standby never had).`;
  const hosts = [
    ...new Set([address, shownAddress(primaryUrl)].flatMap((each) => each.replace(/\/.*/, '').split(','))),
  ];
  return [
    `${address} takes changes since ${(took / 1000).toFixed(1)} s after the promotion began, on timeline ${timeline}.`,
    `It had the old timeline up to ${lsn}${lastCommit ? `, the last commit of ${lastCommit.toISOString()}` : ''}. ${known}`,
    ...(promoted.waitsFor === null
      ? []
      : [
          `Changes wait for a standby that is not there (synchronous_standby_names = ${promoted.waitsFor}). To let them go on: alter system set synchronous_standby_names = ''; select pg_reload_conf();`,
        ]),
    ...(promoted.isAdopted ? ['It is adopted: its workers mail and spend.'] : []),
    '',
    `A process whose address names both, as postgres://LOGIN:PASSWORD@${hosts.join(',')}/DATABASE, follows by itself.`,
    'Others: set DATABASE_URL and its like to the new primary, and restart them. Never start the old primary as it is: make it a standby',
    'of the new one (npm run ops -- replica add, into a new folder).',
  ].join('\n');
}

interface AddArguments {
  to: string;
  slot?: string;
  start?: boolean;
  setting?: Record<string, string>;
  dryRun?: boolean;
  json?: boolean;
}

async function add(options: AddArguments): Promise<void> {
  demandServer();
  if (!env.BACKUP_DATABASE_URL)
    throw new UsageError(
      'CQ670',
      'A standby logs in to its primary as colloquy_backup, and keeps that password.',
      {
        hint: 'Make the login (npm run logins -- --role backup), and set BACKUP_DATABASE_URL to it.',
      },
    );
  const signal = interruptible();
  const { database } = await openPrepared(env.DATA_DIR, 'backup');
  try {
    const pool = database.pool('backup');
    const slot =
      options.slot ??
      slotName(
        `colloquy_${basename(resolve(options.to))
          .toLowerCase()
          .replaceAll(/[^a-z0-9_]/g, '_')}`.slice(0, 63),
      );
    const work = () =>
      addReplica({
        pool,
        url: database.url('backup'),
        to: options.to,
        slot,
        settings: options.setting ?? {},
        start: options.start ?? false,
        dryRun: options.dryRun ?? false,
        signal,
        say,
      });
    let made: Added | undefined;
    if (options.dryRun) made = await work();
    else
      await recorded(pool, 'replica-add', async () => {
        made = await work();
        return { details: { slot: made.slot, copySeconds: Math.round(made.seconds) } };
      });
    print(options.json ? JSON.stringify(made) : describeAdded(made!, options.dryRun ?? false));
  } finally {
    await database.close();
  }
}

interface StatusArguments {
  maxLag: number;
  maxLagBytes: number;
  json?: boolean;
}

async function status({ maxLag, maxLagBytes, json }: StatusArguments): Promise<void> {
  demandServer();
  const database = await openDatabase();
  try {
    const found = await replicaStatus({
      pool: database.pool('monitor'),
      standbyUrl: env.READ_DATABASE_URL,
      maxLag,
      maxLagBytes,
    });
    print(json ? JSON.stringify(found) : describeStatus(found));
    if (found.findings.length > 0) process.exitCode = FINDINGS;
  } finally {
    await database.close();
  }
}

interface PromoteArguments {
  to: string;
  oldPrimary?: string;
  force?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

async function promote(options: PromoteArguments): Promise<void> {
  const primaryUrl = demandServer();
  const promoted = await promoteReplica({
    to: options.to,
    primaryUrl,
    oldPrimary: options.oldPrimary,
    force: options.force ?? false,
    dryRun: options.dryRun ?? false,
    say,
  });
  if (options.json) print(JSON.stringify(promoted));
  else if (!options.dryRun) print(describePromoted(promoted, primaryUrl));
}

const EXIT = '\nExit codes: 0 fine; 1 findings; 2 could not, wrong usage included.';

/** Standbys: made, looked at, promoted. */
export function addReplication(ops: Command): void {
  const group = ops
    .command('replica')
    .description('standbys of the database: makes one, shows how far they are, promotes one');
  group
    .command('add')
    .description('copies the primary into a folder, which then follows it')
    .requiredOption('--to <folder>', 'data folder of the standby: empty, or not there yet')
    .option(
      '--slot <name>',
      'replication slot on the primary; default: colloquy_ and the name of the folder',
      slotName,
    )
    .option('--start', 'start it when it is copied')
    .option(
      '--setting <name=value>',
      'a setting of the standby alone, as port=5433; may be repeated',
      addSetting,
    )
    .option('--dry-run', 'look whether it can be done')
    .option('--json', 'the answer as JSON')
    .addHelpText(
      'after',
      `
Runs on the machine of the standby, with PostgreSQL's programs (PG_BIN), as BACKUP_DATABASE_URL. A run that was killed leaves nothing that the
next one does not remove.

Examples:
  npm run ops -- replica add --to /var/lib/postgresql/standby --start
  npm run ops -- replica add --to /srv/two --slot two --setting port=5433 --start${EXIT}`,
    )
    .action(add);
  group
    .command('status')
    .description('how far the standbys are, and what the slots keep')
    .option('--max-lag <seconds>', 'more is a finding', positive, 60)
    .option('--max-lag-bytes <bytes>', 'more WAL that is not applied is a finding', positive, 1024 ** 3)
    .option('--json', 'the answer as JSON')
    .addHelpText(
      'after',
      `
Asks the primary as MONITOR_DATABASE_URL, and the standby of READ_DATABASE_URL when that is set.

Examples:
  npm run ops -- replica status
  npm run ops -- replica status --max-lag 10 --json${EXIT}`,
    )
    .action(status);
  group
    .command('promote')
    .description('makes a standby the primary, when the old one is gone')
    .requiredOption(
      '--to <folder-or-url>',
      'data folder of the standby on this machine, or its address with a login that may call pg_promote',
    )
    .option('--old-primary <folder>', 'data folder of the dead primary: counts what was lost')
    .option('--force', 'also while the old primary lives: what it takes from then on is lost')
    .option('--dry-run', 'look whether it may be promoted')
    .option('--json', 'the answer as JSON')
    .addHelpText(
      'after',
      `
DATABASE_URL is where the primary was, or both servers: it is asked whether it still lives.

Examples:
  npm run ops -- replica promote --to /var/lib/postgresql/standby
  npm run ops -- replica promote --to postgres://postgres:…@two/colloquy --old-primary /mnt/old/data${EXIT}`,
    )
    .action(promote);
}
