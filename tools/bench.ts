import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Option } from 'commander';
import { exitCodesHelp, FINDINGS, makeCommand, runCommand, say } from '../lib/cli.ts';
import type { Database } from '../lib/database.ts';
import { log } from '../lib/log.ts';
import { analytics } from './bench/analytics.ts';
import { api } from './bench/api.ts';
import { backup } from './bench/backup.ts';
import { chaos } from './bench/chaos.ts';
import { crowd } from './bench/crowd.ts';
import { embed } from './bench/embed.ts';
import { folder } from './bench/folder.ts';
import {
  type Bench,
  type BenchResult,
  type Ratio,
  type Scale,
  surroundings,
  withBenchDatabase,
} from './bench/harness.ts';
import { hybrid } from './bench/hybrid.ts';
import { lifecycle } from './bench/lifecycle.ts';
import { maintenance } from './bench/maintenance.ts';
import { neighbours } from './bench/neighbours.ts';
import { page } from './bench/page.ts';
import { post } from './bench/post.ts';
import { quality } from './bench/quality.ts';
import { search } from './bench/search.ts';
import { words } from './bench/words.ts';

const benches: Record<string, Bench> = {
  analytics,
  api,
  backup,
  crowd,
  embed,
  folder,
  hybrid,
  lifecycle,
  maintenance,
  neighbours,
  page,
  post,
  search,
  words,
};

interface Options {
  scale: Scale;
  check?: boolean;
  json?: string;
  markdown?: string;
  plot?: string;
}

function goalText({ goal, ratio }: Ratio): string {
  if (!goal) return '';
  const met =
    (goal.most === undefined || ratio <= goal.most) && (goal.least === undefined || ratio >= goal.least);
  return `${goal.most === undefined ? `≥ ${goal.least}` : `≤ ${goal.most}`} ${met ? 'met' : 'MISSED'}`;
}

/** Two decimals, and of what is far below one two digits. */
const factor = (value: number): string => (value < 0.095 ? value.toPrecision(2) : value.toFixed(2));

const isMissed = (ratio: Ratio): boolean => goalText(ratio).endsWith('MISSED');

function markdown(
  name: string,
  scale: Scale,
  where: Record<string, string | number>,
  result: BenchResult,
): string {
  const list = (values: Record<string, string | number>) =>
    Object.entries(values)
      .map(([key, value]) => `${key} ${typeof value === 'number' ? value.toLocaleString('en') : value}`)
      .join(' · ');
  const number = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
  return [
    `## ${name} (${scale})`,
    '',
    benches[name]!.about,
    '',
    '| what | ours | anchor | ratio | spread | goal |',
    '| --- | --- | --- | --- | --- | --- |',
    ...result.ratios.map(
      (one) =>
        `| ${one.name} | ${number(one.ours)} ${one.unit} | ${number(one.anchor)} ${one.unit}, ${one.anchorName} | **${factor(one.ratio)}×** | ${one.spread.map(factor).join('–')} | ${goalText(one)} |`,
    ),
    '',
    ...result.notes,
    '',
    `Data: ${list(result.shape)}.`,
    '',
    `Machine: ${list(where)}.`,
    '',
  ].join('\n');
}

async function run(name: string, options: Options): Promise<void> {
  log.level = 'error';
  const { settings } = benches[name]!;
  const work = async (database: Database) => {
    const result = await benches[name]!.run(database, options.scale, say);
    return { name, scale: options.scale, machine: await surroundings(database), ...result };
  };
  const report = await withBenchDatabase(say, work, { settings });
  const text = markdown(name, options.scale, report.machine, report);
  process.stdout.write(text);
  for (const [path, content] of [
    [options.json, `${JSON.stringify(report, null, 2)}\n`],
    [options.markdown, text],
    [options.plot, report.plot],
  ] as const) {
    if (!path || content === undefined) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  if (options.check && report.ratios.some(isMissed)) process.exitCode = FINDINGS;
}

const program = makeCommand(
  'npm run bench --',
  'Measures, on a database of its own that is removed afterwards.',
).addHelpText(
  'after',
  `
Example:
  npm run bench -- page --scale medium --json data/bench/page.json
${exitCodesHelp('a goal was missed (--check)')}`,
);
for (const [name, bench] of Object.entries(benches)) {
  program
    .command(name)
    .description(bench.about)
    .addOption(
      new Option('--scale <scale>', 'small takes two minutes, medium twenty, large a night')
        .choices(['small', 'medium', 'large'])
        .default('small'),
    )
    .option('--check', 'exit with 1 when a goal is missed')
    .option('--json <file>', 'write the figures')
    .option('--markdown <file>', 'write the table')
    .option('--plot <file>', 'write the curve as SVG, where there is one')
    .action((options: Options) => run(name, options));
}
program.addCommand(quality);
program.addCommand(chaos);

await runCommand(() => program.parseAsync());
