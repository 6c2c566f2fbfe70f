import { type Command, InvalidArgumentError } from 'commander';
import type { Pool } from 'pg';
import { FINDINGS, INTERRUPTED, print, say, UsageError } from '../../lib/cli.ts';
import type { Database } from '../../lib/database.ts';
import { env } from '../../lib/env.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { applyRetention, type Batch } from '../../operations/retention/apply.ts';
import { KINDS, type Kind, type Scope } from '../../operations/retention/kinds.ts';
import { type RetentionLimits, retentionLimits } from '../../operations/retention/limits.ts';
import { previewRetention } from '../../operations/retention/preview.ts';
import { recorded } from '../../operations/run.ts';
import { withPrepared } from '../shared/prepared-database.ts';
import { stoppable } from '../shared/stoppable.ts';
import { printApplied, printInstallation, printWorkspace } from './retention/print.ts';

interface Options {
  data: string;
  dryRun?: boolean;
  workspace?: string;
  kind?: string;
  minutes?: number;
  json?: boolean;
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Milliseconds between two lines of progress. */
const PACE = 5000;

function readMinutes(text: string): number {
  const minutes = Number(text);
  if (!(minutes > 0)) throw new InvalidArgumentError('It is a number of minutes.');
  return minutes;
}

function readScope({ workspace, kind }: Options): Scope {
  if (workspace !== undefined && !ID.test(workspace))
    throw new UsageError('CQ702', `"${workspace}" is not the id of a workspace.`);
  if (kind !== undefined && !(KINDS as readonly string[]).includes(kind)) {
    throw new UsageError('CQ702', `Retention deletes nothing of the kind "${kind}".`, {
      hint: `It is one of ${KINDS.join(', ')}.`,
    });
  }
  return { workspace, kind: kind as Kind | undefined };
}

async function run(pool: Pool, scope: Scope, limits: RetentionLimits, options: Options): Promise<void> {
  const latest = Date.now() + (options.minutes ?? limits.minutes) * 60_000;
  let rows = 0;
  let spoken = Date.now();
  const onBatch = (batch: Batch): void => {
    rows += batch.rows;
    if (Date.now() - spoken < PACE) return;
    spoken = Date.now();
    say(`${rows} rows are deleted; at ${batch.kind} of ${batch.workspace ?? 'no workspace'}`);
  };
  const { outcome, details, problems } = await stoppable((signal) =>
    recorded(pool, 'retention', async () => {
      const { problems, ...done } = await applyRetention(pool, scope, {
        batchRows: limits.batchRows,
        isTimeUp: () => signal.aborted || Date.now() >= latest,
        onBatch,
      });
      const outcome: 'stopped' | 'succeeded' = signal.aborted ? 'stopped' : 'succeeded';
      return { outcome, problems, details: { ...done, problems: problems.length } };
    }),
  );
  const applied = { ...details, problems };
  if (options.json) print(JSON.stringify(applied));
  else printApplied(applied);
  if (outcome === 'stopped') process.exitCode = INTERRUPTED;
  else if (problems.length > 0 || !details.isDone) process.exitCode = FINDINGS;
}

async function retention(options: Options): Promise<void> {
  const scope = readScope(options);
  const work = async (database: Database): Promise<void> => {
    say(`On ${database.description}.`);
    const pool = database.pool('worker');
    const limits = await retentionLimits(pool, scope.workspace);
    if (!limits.isKnown) {
      throw new ColloquyError('CQ703', `There is no workspace ${scope.workspace}.`, {
        hint: 'npm run ops -- retention --dry-run --json names those in which something is due.',
      });
    }
    if (options.dryRun) {
      const due = await previewRetention(pool, scope);
      if (options.json) for (const one of due) print(JSON.stringify(one));
      else if (scope.workspace) printWorkspace(due);
      else printInstallation(due);
      return;
    }
    if (limits.isReplica) {
      throw new ColloquyError('CQ704', 'This is a replica: nothing is deleted from it.', {
        hint: 'Give DATABASE_URL the address of the primary.',
      });
    }
    await run(pool, scope, limits, options);
  };
  await withPrepared('worker', work, options.data);
}

export function addRetention(ops: Command): void {
  ops
    .command('retention')
    .description('Deletes what the policies of retention have ended, as the daily job does; or says what.')
    .option('--dry-run', 'say what would go, and why, and delete nothing')
    .option('--workspace <id>', 'of this workspace alone; with --dry-run each kind, also what is kept')
    .option('--kind <kind>', `of this kind alone: ${KINDS.join(', ')}`)
    .option(
      '--minutes <n>',
      'how long to begin something. Default: the setting retention_minutes',
      readMinutes,
    )
    .option('--json', 'for programs; with --dry-run one object a line')
    .option('--data <folder>', 'data folder of the embedded database', env.DATA_DIR)
    .addHelpText(
      'after',
      `
Examples:
  npm run ops -- retention --dry-run
  npm run ops -- retention --dry-run --workspace 01920000-0000-7000-8000-000000000000
  npm run ops -- retention --kind raw_events --minutes 10

Exit code 1: something could not be deleted, or the time was up. Started again, it goes on. docs/retention.md`,
    )
    .action((options: Options) => retention(options));
}
