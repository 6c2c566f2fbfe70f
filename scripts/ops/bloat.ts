import type { Command } from 'commander';
import { print, say, table } from '../../lib/cli.ts';
import { env } from '../../lib/env.ts';
import { formatBytes } from '../../lib/progress.ts';
import { readBloat } from '../../operations/indexes/bloat.ts';
import { openPrepared } from '../shared/prepared-database.ts';
import { toWhole } from './arguments.ts';

interface Options {
  data: string;
  json?: boolean;
  exact?: boolean;
  limit: number;
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;

async function bloat({ data, json, exact, limit }: Options): Promise<void> {
  const { database } = await openPrepared(data, 'monitor');
  try {
    say(`On ${database.description}.`);
    const report = await readBloat(database.pool('monitor'), { exact: exact ?? false });
    if (json) return print(JSON.stringify(report));
    const tables = report.tables
      .slice(0, limit)
      .map((one) => [
        one.table,
        formatBytes(one.bytes),
        String(one.rows),
        String(one.deadRows),
        percent(one.deadShare),
      ]);
    const indexes = report.indexes
      .slice(0, limit)
      .map((one) => [
        one.index,
        formatBytes(one.bytes),
        one.waste === null ? 'unknown' : formatBytes(one.waste),
        one.share === null ? '' : percent(one.share),
        one.basis,
      ]);
    print(table([['table', 'size', 'rows', 'dead', 'share'], ...tables], { numbers: true }));
    print('');
    print(table([['index', 'size', 'empty', 'share', 'basis'], ...indexes], { numbers: true }));
    if (report.leftovers.length > 0)
      print(
        `\nLeft by interrupted rebuilds: ${report.leftovers.join(', ')}. npm run ops -- reindex drops them.`,
      );
  } finally {
    await database.close();
  }
}

export function addBloat(ops: Command): void {
  ops
    .command('bloat')
    .description('Tables by dead rows, and indexes by the space that holds nothing, the largest first.')
    .option('--exact', 'read the indexes, by the extension pgstattuple: as much reading as they are large')
    .option('--limit <n>', 'lines of each', toWhole, 20)
    .option('--json', 'for programs, all of them')
    .option('--data <folder>', 'data folder of the embedded database', env.DATA_DIR)
    .addHelpText(
      'after',
      `
Examples:
  npm run ops -- bloat
  npm run ops -- bloat --exact --json

Estimates follow from rows and types, and see rather less than there is. docs/operations/indexes.md`,
    )
    .action((options: Options) => bloat(options));
}
