import type { Command } from 'commander';
import { FINDINGS, print, say, table } from '../../lib/cli.ts';
import { env } from '../../lib/env.ts';
import { checkUpgrade } from '../../operations/upgrade/check.ts';
import { openAny } from '../shared/prepared-database.ts';

interface Options {
  data: string;
  json?: boolean;
}

async function upgradeCheck({ data, json }: Options): Promise<void> {
  // what is not migrated is a finding here
  const database = await openAny(data);
  try {
    say(`On ${database.description}.`);
    const found = await checkUpgrade(database.pool('monitor'));
    if (json) print(JSON.stringify(found));
    else if (found.length === 0) print('Nothing stands in the way of an upgrade.');
    else {
      print(
        table([
          ['severity', 'check', 'subject', 'what', 'remedy'],
          ...found.map((one) => [one.severity, one.name, one.subject, one.detail, one.remedy]),
        ]),
      );
      print('\nThe runbook of a major upgrade: docs/operations/changes.md');
    }
    if (found.length > 0) process.exitCode = FINDINGS;
  } finally {
    await database.close();
  }
}

export function addUpgradeCheck(ops: Command): void {
  ops
    .command('upgrade-check')
    .description(
      'What stands in the way of an upgrade of PostgreSQL, its extensions or Colloquy, and what has to be rebuilt after one.',
    )
    .option('--json', 'for programs')
    .option('--data <folder>', 'data folder of the embedded database', env.DATA_DIR)
    .addHelpText(
      'after',
      `
Examples:
  npm run ops -- upgrade-check
  npm run ops -- upgrade-check --json

Before pg_upgrade --check, and after each upgrade of the operating system. docs/operations/changes.md`,
    )
    .action((options: Options) => upgradeCheck(options));
}
