import type { Command } from 'commander';
import { FINDINGS, print, table } from '../../lib/cli.ts';
import { env } from '../../lib/env.ts';
import { formatBytes } from '../../lib/progress.ts';
import { checkFiles } from '../../operations/cold/check.ts';
import { toId, toWhole } from './arguments.ts';
import { exportCold } from './cold/export.ts';
import { recall } from './cold/recall.ts';
import { type Choice, type Common, working } from './cold/shared.ts';

async function status({ data, json }: Common): Promise<void> {
  await working(data, async (pool) => {
    const { rows } = await pool.query('select * from app_hidden.cold_storage_state()');
    const state = rows[0];
    if (json) print(JSON.stringify(state));
    else {
      const ratio =
        Number(state.file_bytes) > 0 ? Number(state.document_bytes) / Number(state.file_bytes) : 0;
      print(
        table([
          ['cold_storage_days', state.days],
          ['cold conversations', state.cold],
          ['in files', state.stored],
          ['came back to be read', state.recalled],
          ['messages in files', state.messages],
          ['bytes of files', `${formatBytes(Number(state.file_bytes))}, ${ratio.toFixed(1)} to 1`],
          ['missing, damaged', `${state.missing}, ${state.damaged}`],
          ['oldest check', state.oldest_check?.toISOString() ?? ''],
        ]),
      );
    }
    if (Number(state.missing) + Number(state.damaged) > 0) process.exitCode = FINDINGS;
  });
}

async function check({ data, json, hashes }: Common & { hashes: number }): Promise<void> {
  await working(data, async (pool, storage, signal) => {
    const result = await checkFiles(pool, storage, { hashes, isTimeUp: () => signal.aborted });
    if (json) print(JSON.stringify(result));
    else
      print(
        `${result.checked} files looked for, ${result.hashed} hashed: ${result.missing} missing, ${result.damaged} damaged.`,
      );
    if (result.missing + result.damaged > 0) process.exitCode = FINDINGS;
  });
}

export function addCold(ops: Command): void {
  const cold = ops
    .command('cold')
    .description(
      'Cold conversations in the storage of files: what is there, putting them there, bringing them back.',
    )
    .addHelpText(
      'after',
      `
Examples:
  npm run ops -- cold status
  npm run ops -- cold export --all --days 0 --dry-run
  npm run ops -- cold recall --conversation 01990000-0000-7000-8000-000000000000

The job store-cold does the first two daily, where the setting cold_storage_days is a number. docs/lifecycle.md`,
    );
  const add = (name: string, description: string): Command =>
    cold
      .command(name)
      .description(description)
      .option('--json', 'for programs')
      .option('--data <folder>', 'data folder, with the files and the embedded database', env.DATA_DIR);
  add('status', 'How many conversations are in files, their bytes, and what is wrong with files.').action(
    (options: Common) => status(options),
  );
  add('check', 'Looks for every file, compares sizes, and hashes the bytes of some.')
    .option(
      '--hashes <n>',
      'files whose bytes are hashed, those first that were hashed longest ago',
      toWhole,
      1000,
    )
    .addHelpText('after', '\nExample:\n  npm run ops -- cold check --hashes 100000')
    .action((options: Common & { hashes: number }) => check(options));
  add('export', 'Puts the documents of cold conversations into files.')
    .option('--conversation <id>', 'this one, however long it is cold', toId)
    .option('--all', 'all that are due')
    .option('--days <n>', 'days that they are cold at least. Default: the setting cold_storage_days', toWhole)
    .option('--dry-run', 'say what would be done')
    .addHelpText('after', '\nExample:\n  npm run ops -- cold export --all --days 30')
    .action((options: Choice & { days?: number }) => exportCold(options));
  add('recall', 'Brings documents back into the database.')
    .option('--conversation <id>', 'of this one', toId)
    .option('--workspace <id>', 'of a workspace', toId)
    .option('--owner <id>', 'of a person', toId)
    .option('--all', 'of all')
    .option('--for-good', 'and lets go of the files; without, they go back there after a week')
    .option('--dry-run', 'say what would be done')
    .addHelpText('after', '\nExample:\n  npm run ops -- cold recall --all --for-good')
    .action((options: Choice & { forGood?: boolean }) => recall(options));
}
