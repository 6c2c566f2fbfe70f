import type { Command } from 'commander';
import { FINDINGS, INTERRUPTED, print, say, table } from '../../lib/cli.ts';
import type { Database } from '../../lib/database.ts';
import { env } from '../../lib/env.ts';
import { describeError } from '../../lib/errors.ts';
import { barRow, formatBytes, formatSeconds } from '../../lib/progress.ts';
import { type Choice, chooseIndexes } from '../../operations/indexes/choose.ts';
import { demandSpace, freeSpace, neededSpace } from '../../operations/indexes/disk.ts';
import { buildMemory, type Rebuild, readDue, readIndexes } from '../../operations/indexes/facts.ts';
import { dropLeftovers, type Rebuilt, rebuildIndex } from '../../operations/indexes/rebuild.ts';
import { measureVersions, type Recall } from '../../operations/indexes/recall.ts';
import { maintaining } from '../../operations/indexes/session.ts';
import { describeBlocker } from '../../operations/indexes/watch.ts';
import { withPrepared } from '../shared/prepared-database.ts';
import { stoppable } from '../shared/stoppable.ts';
import { toWhole } from './arguments.ts';

interface Options extends Choice {
  data: string;
  dryRun?: boolean;
  json?: boolean;
  memory?: number;
  workers?: number;
  patience: number;
  recall: boolean;
  spaceCheck: boolean;
}

interface Report {
  rebuilt: Rebuilt[];
  failed: { index: string; error: string }[];
  left: string[];
  leftovers: string[];
  recallBefore: Recall[];
  recallAfter: Recall[];
}

const EMBEDDED =
  'The embedded database has one session: each index is rebuilt plainly, and everybody waits meanwhile.';

function showPlan(chosen: Rebuild[], leftovers: string[], memory: number): void {
  for (const name of leftovers) print(`${name}: left by an interrupted rebuild, would be dropped`);
  if (chosen.length === 0) {
    print('No index is to be rebuilt.');
    return;
  }
  const rows = chosen.map((one) => [
    one.index,
    one.reason,
    formatBytes(one.bytes),
    String(one.rows),
    String(one.deadRows),
    `${buildMemory(one)} MB`,
  ]);
  print(table([['index', 'reason', 'size', 'rows', 'dead', 'memory wanted'], ...rows]));
  print(`Disk for its time: ${formatBytes(neededSpace(chosen.map(({ bytes }) => bytes)))}.`);
  const largest = Math.max(...chosen.map(buildMemory));
  if (largest > memory)
    print(
      `The largest wants ${largest} MB and gets ${memory}: it takes several times as long. See --memory.`,
    );
}

function showReport({ rebuilt, failed, left, leftovers, recallBefore, recallAfter }: Report): void {
  for (const name of leftovers) print(`${name}: dropped, an interrupted rebuild had left it`);
  for (const one of rebuilt)
    print(
      `${one.index}: rebuilt in ${formatSeconds(one.seconds)}, ${formatBytes(one.bytesBefore)} → ${formatBytes(one.bytesAfter)}${one.isVacuumed ? ', vacuumed' : ''}`,
    );
  for (const after of recallAfter) {
    const before = recallBefore.find(({ version, size }) => version === after.version && size === after.size);
    print(
      `recall of ${after.version}, ${after.size} workspaces: ${before ? `${before.recall.toFixed(3)} → ` : ''}${after.recall.toFixed(3)} (objective ${after.objective})`,
    );
  }
  for (const { index, error } of failed) print(`${index}: failed: ${error}`);
  if (left.length > 0) print(`Left for the next run: ${left.join(', ')}`);
  if (rebuilt.length + failed.length + left.length === 0) print('No index is to be rebuilt.');
}

async function rebuildAll(
  database: Database,
  chosen: Rebuild[],
  memory: number,
  options: Options,
  signal: AbortSignal,
): Promise<Report> {
  const report: Report = {
    rebuilt: [],
    failed: [],
    left: [],
    leftovers: [],
    recallBefore: [],
    recallAfter: [],
  };
  const [pool, worker] = [database.pool('owner'), database.pool('worker')];
  const versions = new Set(options.recall ? chosen.flatMap(({ versionId }) => versionId ?? []) : []);
  const patience = options.patience * 1000;
  await maintaining(pool, { task: 'reindex' }, async (maintainer) => {
    const sweep = (): Promise<string[]> => dropLeftovers(maintainer, pool);
    report.leftovers = await sweep();
    if (versions.size > 0) report.recallBefore = await measureVersions(worker, versions, signal);
    for (const [place, rebuild] of chosen.entries()) {
      if (signal.aborted) {
        report.left.push(rebuild.index);
        continue;
      }
      let spoken = Date.now();
      const name = `${place + 1} of ${chosen.length}  ${rebuild.index}`;
      if (!process.stderr.isTTY) say(`${name}: ${rebuild.reason}, ${formatBytes(rebuild.bytes)}`);
      try {
        const result = await rebuildIndex(maintainer, rebuild, {
          pool,
          recorder: worker,
          memory,
          workers: options.workers,
          patience,
          bound: Math.min(10_000, patience / 2),
          dropLeftovers: sweep,
          signal,
          onProgress({ phase, share }) {
            if (process.stderr.isTTY)
              process.stderr.write(barRow(share ?? 0, `${name}: ${phase}`, process.stderr));
            else if (Date.now() - spoken > 10_000) {
              spoken = Date.now();
              say(`${name}: ${phase}${share === undefined ? '' : `, ${Math.floor(share * 100)} %`}`);
            }
          },
          onBlocked: (blocker) => say(`${name}: ${describeBlocker(blocker)}`),
        });
        report.rebuilt.push(result);
      } catch (error) {
        if (signal.aborted) report.left.push(rebuild.index);
        else report.failed.push({ index: rebuild.index, error: describeError(error) });
      } finally {
        if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K');
      }
    }
    if (versions.size > 0 && !signal.aborted)
      report.recallAfter = await measureVersions(worker, versions, signal);
  });
  return report;
}

async function reindex(options: Options): Promise<void> {
  const work = async (database: Database, signal: AbortSignal): Promise<void> => {
    say(`On ${database.description}.`);
    const pool = database.pool('owner');
    const all = await readIndexes(pool);
    const chosen = chooseIndexes(all, await readDue(pool), options);
    const { rows } = await pool.query('select memory_mb as memory from app_hidden.maintenance_limits()');
    const memory = options.memory ?? rows[0].memory;
    const leftovers = all.filter(({ isLeftover }) => isLeftover).map(({ index }) => index);
    if (database.kind === 'embedded') say(EMBEDDED);
    if (options.dryRun) {
      if (options.json) print(JSON.stringify({ wouldRebuild: chosen, wouldDrop: leftovers }));
      else showPlan(chosen, leftovers, memory);
      return;
    }
    if (options.spaceCheck)
      demandSpace(await freeSpace(database), neededSpace(chosen.map(({ bytes }) => bytes)));
    const report = await rebuildAll(database, chosen, memory, options, signal);
    if (options.json) print(JSON.stringify(report));
    else showReport(report);
    if (signal.aborted) process.exitCode = INTERRUPTED;
    else if (report.failed.length > 0) process.exitCode = FINDINGS;
  };
  await withPrepared('owner', (database) => stoppable((signal) => work(database, signal)), options.data);
}

export function addReindex(ops: Command): void {
  ops
    .command('reindex')
    .description(
      'Rebuilds indexes while the database serves, one at a time. Without a choice: those that the settings reindex_* call due.',
    )
    .option('--index <name...>', 'these indexes, as schema.name or name')
    .option('--vector', 'the vector indexes of all partitions, then a vacuum of each')
    .option('--bloated', 'those of which, by estimate, half and a megabyte hold nothing')
    .option('--invalid', 'those that are not valid')
    .option('--all', 'every index')
    .option('--again', 'with --vector or --all: also those that were rebuilt within a day')
    .option(
      '--memory <MB>',
      'maintenance_work_mem of a vector index at most. Default: the setting embedding_index_memory_mb',
      toWhole,
    )
    .option('--workers <n>', 'parallel workers of a build. Default: as the server has it', toWhole)
    .option('--patience <seconds>', 'how long one of three attempts waits for others', toWhole, 600)
    .option('--no-recall', 'without measuring recall before and after')
    .option('--no-space-check', 'also where the disk looks too small')
    .option('--dry-run', 'say what would be done')
    .option('--json', 'for programs')
    .option('--data <folder>', 'data folder of the embedded database', env.DATA_DIR)
    .addHelpText(
      'after',
      `
Examples:
  npm run ops -- reindex --dry-run
  npm run ops -- reindex --vector --memory 4096
  npm run ops -- reindex --index messages_conversation_idx

Interrupted or killed, it is started again: it drops what was left, and goes on. docs/operations/indexes.md`,
    )
    .action((options: Options) => reindex(options));
}
