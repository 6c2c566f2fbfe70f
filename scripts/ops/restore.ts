import { type Command, InvalidArgumentError } from 'commander';
import { FINDINGS, print, say, UsageError } from '../../lib/cli.ts';
import { port as portSchema } from '../../lib/env.ts';
import { formatBytes } from '../../lib/progress.ts';
import { readCatalogue } from '../../operations/backup/catalogue.ts';
import { openTarget } from '../../operations/backup/open-target.ts';
import { keysOfEnvironment } from '../../operations/backup/sealing.ts';
import { type FilesReport, restoreFiles } from '../../operations/restore/files.ts';
import { describeGoal, formatMoment, type Goal, parseTime } from '../../operations/restore/goal.ts';
import { describeLoss, type Expected, lossOf, parseExpected } from '../../operations/restore/loss.ts';
import { programs } from '../../operations/restore/programs.ts';
import {
  asking,
  planRestore,
  type Restored,
  type RestoreOptions,
  restore,
} from '../../operations/restore/restore.ts';
import { serve } from '../../operations/restore/serve.ts';
import type { BackupSource } from '../../operations/restore/source.ts';
import { formatLsn } from '../../operations/restore/wal-names.ts';
import { interruptible } from './backup/shared.ts';

interface Options {
  to: string;
  latest?: boolean;
  time?: string;
  name?: string;
  immediate?: boolean;
  set?: string;
  wal: string[];
  files?: string;
  port?: number;
  expected?: string;
  force?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

function goalOf({ latest, time, name, immediate }: Options): Goal {
  const asked = [latest, time, name, immediate].filter((each) => each !== undefined);
  if (asked.length > 1) {
    throw new UsageError('CQ632', 'A restore has one goal: --latest, --time, --name or --immediate.', {
      hint: 'Leave out all but one.',
    });
  }
  if (time !== undefined) return { to: 'time', ...parseTime(time) };
  if (name !== undefined) return { to: 'name', name };
  return { to: immediate ? 'immediate' : 'latest' };
}

function parsePort(text: string): number {
  const { success, data } = portSchema.safeParse(text);
  if (!success || data === 0) throw new InvalidArgumentError('It is a number from 1 to 65535.');
  return data;
}

/** What an operator does next, in order. */
function nextSteps({ folder, database }: Restored, options: Options): string[] {
  const port = options.port ?? 5433;
  return [
    ...(options.port === undefined
      ? [`pg_ctl -D ${folder.data} -l ${folder.log} -o '-p ${port}' start    as the user that owns it`]
      : []),
    `psql -p ${port} ${database}    look at it: nothing was sent, spent or archived by it`,
    `DATABASE_URL=postgres://…:${port}/${database} npm run ops -- adopt    when it takes the place of the old one`,
    'npm run ops -- backup init, then backup full    a new timeline has begun, and archiving is off in the copy',
  ];
}

function describeFiles({ wanted, bytes, restored, present, missing, damaged }: FilesReport): string[] {
  return [
    `Files: ${wanted} contents of ${formatBytes(bytes)}; ${restored} were brought, ${present} were there.`,
    ...(missing.length > 0 ? [`Missing, ${missing.length}: ${missing.slice(0, 5).join(', ')}`] : []),
    ...(damaged.length > 0
      ? [`Another hash than their row says, ${damaged.length}: ${damaged.slice(0, 5).join(', ')}`]
      : []),
  ];
}

interface Outcome {
  set: string;
  chain: string[];
  goal: Goal['to'];
  data: string;
  database: string;
  lastCommitAt: string | null;
  endLsn: string;
  timeline: number;
  walSegments: number;
  lost: ReturnType<typeof lossOf>;
  subscriptionsDisabled: string[];
  files: FilesReport | null;
  port: number | null;
  seconds: number;
  next: string[];
}

async function finish(
  restored: Restored,
  source: BackupSource,
  goal: Goal,
  options: Options,
  signal: AbortSignal,
  started: number,
): Promise<Outcome> {
  const { folder, server, chain, database, end } = restored;
  const expected: Expected | undefined =
    options.expected === undefined ? undefined : parseExpected(options.expected);
  try {
    let files: FilesReport | null = null;
    if (options.files !== undefined) {
      say(`Bringing the bytes of files to ${options.files}`);
      files = await asking(server, database, (client) =>
        restoreFiles(source, client, options.files!, signal),
      );
    }
    await server.stop('in order');
    const outcome: Outcome = {
      set: chain.at(-1)!.id,
      chain: chain.map(({ id }) => id),
      goal: goal.to,
      data: folder.data,
      database,
      lastCommitAt: restored.lastCommitAt ? formatMoment(restored.lastCommitAt) : null,
      endLsn: formatLsn(end.lsn),
      timeline: end.timeline,
      walSegments: restored.walSegments,
      lost: lossOf(restored, expected),
      subscriptionsDisabled: restored.subscriptions,
      files,
      port: options.port ?? null,
      seconds: Math.round((Date.now() - started) / 100) / 10,
      next: nextSteps(restored, options),
    };
    await folder.finish(outcome);
    if (options.port !== undefined)
      await serve(programs(chain.at(-1)!.serverVersion, folder.user, signal), folder, options.port);
    return outcome;
  } finally {
    await server.stop();
    folder.release();
  }
}

function show(outcome: Outcome, restored: Restored, goal: Goal, expected: Expected | undefined): void {
  const last = outcome.lastCommitAt ? `last commit ${outcome.lastCommitAt}` : 'no commit after the set';
  print(`Restored to ${describeGoal(goal)} in ${outcome.seconds} s: ${outcome.data}`);
  print(
    `From ${outcome.chain.join(' + ')} and ${outcome.walSegments} segments of the log; ${last}, at ${outcome.endLsn}, now timeline ${outcome.timeline}.`,
  );
  print(describeLoss(restored, expected));
  if (outcome.subscriptionsDisabled.length > 0)
    print(`Switched off: the subscriptions ${outcome.subscriptionsDisabled.join(', ')}.`);
  if (outcome.files) for (const line of describeFiles(outcome.files)) print(line);
  print(
    outcome.port === null ? 'It does not run. Next:' : `It runs on port ${outcome.port} of 127.0.0.1. Next:`,
  );
  for (const step of outcome.next) print(`  ${step}`);
}

async function run(options: Options): Promise<void> {
  const started = Date.now();
  const goal = goalOf(options);
  const expected = options.expected === undefined ? undefined : parseExpected(options.expected);
  const source: BackupSource = { target: await openTarget(), keys: keysOfEnvironment() };
  const { sets } = await readCatalogue(source.target);
  await interruptible(async (signal) => {
    const wanted: RestoreOptions = {
      source,
      sets,
      to: options.to,
      goal,
      wal: options.wal,
      ...(options.set === undefined ? {} : { set: options.set }),
      force: options.force ?? false,
      signal,
      say,
    };
    if (options.dryRun) {
      const plan = await planRestore(wanted);
      if (options.json) print(JSON.stringify(plan, null, 2));
      else
        print(
          `${plan.chain.join(' + ')} and ${plan.walSegments} segments of the log reach ${describeGoal(goal)}; the newest commit is of ${plan.newest}. Nothing was restored.`,
        );
      return;
    }
    const restored = await restore(wanted);
    const outcome = await finish(restored, source, goal, options, signal, started);
    if (options.json) print(JSON.stringify(outcome, null, 2));
    else show(outcome, restored, goal, expected);
    if (outcome.files && outcome.files.missing.length + outcome.files.damaged.length > 0)
      process.exitCode = FINDINGS;
  });
}

const EXAMPLES = `
It reads BACKUP_TARGET and writes into a folder of its own: DIR/data is a server's data folder then. It never touches a server that there is.

Examples:
  npm run ops -- restore --to /srv/restored                                 to the newest commit that was archived
  npm run ops -- restore --to /srv/restored --time '2026-11-27 14:02:59'    before the accident
  npm run ops -- restore --to /srv/restored --wal /srv/receivewal           with what pg_receivewal had received
  npm run ops -- restore --to /srv/restored --files data/files --port 5433  with the bytes of files, and left running
Exit codes: 0 fine; 1 restored, but bytes of files are missing; 2 there is no restored database. docs/operations/restore.md`;

export function addRestore(ops: Command): void {
  ops
    .command('restore')
    .description(
      'a server of a backup and the log that follows it, in a folder of its own; docs/operations/restore.md',
    )
    .requiredOption('--to <dir>', 'the folder: empty, or not there yet')
    .option('--latest', 'to the newest commit that there is (the default)')
    .option('--time <time>', 'to a time: 2026-11-27 14:03 here, or with a zone, 2026-11-27T14:03:00Z')
    .option('--name <point>', 'to a point that pg_create_restore_point() has named')
    .option('--immediate', 'to the end of the set, without the log that follows it')
    .option('--set <id>', 'from this set (default: the newest that fits)')
    .option(
      '--wal <dir>',
      'also with the log in this folder: of pg_receivewal, or pg_wal of the old server; may be repeated',
      (dir: string, all: string[]) => [...all, dir],
      [],
    )
    .option(
      '--files <dir>',
      'bring the bytes of files to this folder, DATA_DIR/files of the API, or to s3://BUCKET/PREFIX',
    )
    .option('--port <number>', 'leave the server running on this port of 127.0.0.1', parsePort)
    .option(
      '--expected <lsn|time>',
      'the last that is known to have been committed: says how much is missing',
    )
    .option('--force', 'begin anew in a folder where a restore did not end')
    .option('--dry-run', 'read the log, say what would be restored, and leave nothing')
    .option('--json', 'the outcome as JSON')
    .addHelpText('after', EXAMPLES)
    .action(run);
}
