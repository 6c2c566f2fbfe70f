import type { Command } from 'commander';
import type { Pool } from 'pg';
import { FINDINGS, INTERRUPTED, print, say, table } from '../../lib/cli.ts';
import type { Database } from '../../lib/database.ts';
import { env } from '../../lib/env.ts';
import { formatBytes } from '../../lib/progress.ts';
import { exportPlace } from '../../operations/partitions/export.ts';
import { type Dropped, dropPartitions, ensurePartitions } from '../../operations/partitions/maintain.ts';
import {
  goes,
  type PartitionState,
  type Runway,
  readPartitions,
  readStrays,
  runways,
} from '../../operations/partitions/read.ts';
import { recorded } from '../../operations/run.ts';
import { withPrepared } from '../shared/prepared-database.ts';
import { stoppable } from '../shared/stoppable.ts';

interface Options {
  data: string;
  run?: boolean;
  dryRun?: boolean;
  export?: boolean;
  rest: boolean;
  json?: boolean;
}

interface Overview {
  partitions: PartitionState[];
  strays: Record<string, number>;
  runways: Runway[];
}

interface Report {
  [figure: string]: unknown;
  made: string[];
  moved: number;
  dropped: Dropped[];
  busy: string[];
}

/** Days of partitions ahead below which something is wrong: three months are kept. */
const LEAST_RUNWAY = 45;

const day = (date: Date | null): string => date?.toISOString().slice(0, 10) ?? '';

async function overview(pool: Pool): Promise<Overview> {
  const partitions = await readPartitions(pool);
  return { partitions, strays: await readStrays(pool), runways: runways(partitions) };
}

function showOverview({ partitions, strays, runways: all }: Overview, isDryRun: boolean): void {
  const shown = isDryRun ? partitions.filter(goes) : partitions;
  const rows = shown.map((one) => [
    one.partition,
    day(one.beginsAt),
    day(one.endsAt),
    one.estimatedRows === null ? '?' : String(one.estimatedRows),
    formatBytes(one.bytes),
    goes(one) ? `would be dropped: ${one.reason}` : one.reason,
  ]);
  if (rows.length > 0) print(table([['partition', 'from', 'until', 'rows', 'size', ''], ...rows]));
  else print('No partition would be dropped.');
  for (const [parent, count] of Object.entries(strays))
    print(`${parent}: ${count} rows have no partition yet${isDryRun ? ', and would be moved' : ''}`);
  for (const { parent, until } of all) {
    print(
      until
        ? `${parent}: partitions until ${day(until)}`
        : `${parent}: no partition takes what is written today`,
    );
  }
}

function isWanting({ strays, runways: all }: Overview): boolean {
  const least = Date.now() + LEAST_RUNWAY * 86_400_000;
  return Object.keys(strays).length > 0 || all.some(({ until }) => until === null || until.getTime() < least);
}

async function maintain(pool: Pool, options: Options, signal: AbortSignal): Promise<Report> {
  const report: Report = { made: [], moved: 0, dropped: [], busy: [] };
  const bounds = { pool, signal, ...(options.rest ? {} : { rest: 0 }) };
  const ensure = async (): Promise<void> => {
    for await (const { partition, moved } of ensurePartitions(bounds)) {
      say(`${partition}: made, ${moved} rows moved`);
      report.made.push(partition);
      report.moved += moved;
    }
  };
  await recorded(pool, 'partitions', async () => {
    await ensure();
    const { rows } = await pool.query('select is_exported from app_hidden.partition_limits()');
    const place = options.export || rows[0].is_exported ? await exportPlace() : undefined;
    for await (const step of dropPartitions(bounds, { place })) {
      if ('busy' in step) {
        say(`${step.busy}: others keep its table busy; the next run drops it`);
        report.busy.push(step.busy);
        continue;
      }
      say(
        `${step.partition}: dropped, ${step.rows} rows${step.exportedTo ? `, exported to ${step.exportedTo}` : ''}`,
      );
      report.dropped.push(step);
    }
    if (report.dropped.length > 0) await ensure();
    return { outcome: signal.aborted ? 'stopped' : 'succeeded', details: report };
  });
  return report;
}

async function partitions(options: Options): Promise<void> {
  const work = async (database: Database, signal: AbortSignal): Promise<void> => {
    say(`On ${database.description}.`);
    if (options.run && !options.dryRun) {
      const report = await maintain(database.pool('worker'), options, signal);
      if (options.json) print(JSON.stringify(report));
      else if (report.made.length + report.dropped.length + report.busy.length === 0)
        print('Nothing is to be made, moved or dropped.');
      else
        print(
          `${report.made.length} made, ${report.moved} rows moved, ${report.dropped.length} dropped, ${report.busy.length} busy.`,
        );
      if (signal.aborted) process.exitCode = INTERRUPTED;
      else if (report.busy.length > 0) process.exitCode = FINDINGS;
      return;
    }
    const seen = await overview(database.pool('monitor'));
    if (options.json) print(JSON.stringify(seen));
    else showOverview(seen, options.dryRun ?? false);
    if (isWanting(seen)) process.exitCode = FINDINGS;
  };
  const role = options.run ? 'worker' : 'monitor';
  await withPrepared(role, (database) => stoppable((signal) => work(database, signal)), options.data);
}

export function addPartitions(ops: Command): void {
  ops
    .command('partitions')
    .description(
      'Partitions by time: ranges, rows, sizes, strays, until when there are some, and what would be dropped and why not.',
    )
    .option('--run', 'make what is missing, move strays, drop what is old, as the jobs do')
    .option('--export', 'with --run: write months of logs away before they are dropped')
    .option('--no-rest', 'with --run: without pauses between partitions, where nobody else is at work')
    .option('--dry-run', 'only what would be dropped and moved')
    .option('--json', 'for programs')
    .option('--data <folder>', 'data folder of the embedded database', env.DATA_DIR)
    .addHelpText(
      'after',
      `
Examples:
  npm run ops -- partitions
  npm run ops -- partitions --dry-run
  npm run ops -- partitions --run --export

Exit code 1: rows without a partition, partitions for less than ${LEAST_RUNWAY} days, or tables that stayed busy. docs/partitions.md`,
    )
    .action((options: Options) => partitions(options));
}
