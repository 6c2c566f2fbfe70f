import type { Command } from 'commander';
import { FINDINGS, print, say, table, UsageError } from '../../lib/cli.ts';
import type { Database } from '../../lib/database.ts';
import { env } from '../../lib/env.ts';
import { type Check, SEVERITIES, type Severity } from '../../operations/doctor/check.ts';
import { describeReport } from '../../operations/doctor/describe.ts';
import { figuresOf } from '../../operations/doctor/figures.ts';
import { recordSizes } from '../../operations/doctor/record-sizes.ts';
import { allChecks, findingsOf, type Report, runDoctor } from '../../operations/doctor/run.ts';
import { readFigures } from '../../operations/report/figures.ts';
import { reportPage } from '../../operations/report/page.ts';
import { writeReport } from '../../operations/report/write-report.ts';
import { recorded } from '../../operations/run.ts';
import { openPrepared } from '../shared/prepared-database.ts';

interface Options {
  check?: string[];
  skip?: string[];
  severity: string;
  timeout: string;
  list?: boolean;
  record?: boolean;
  html?: string;
  json?: boolean;
}

const EXAMPLES = `
It reads, as colloquy_monitor, and changes nothing but for --record.

Examples:
  npm run ops -- doctor                                all checks
  npm run ops -- doctor --check dead_letters           one, after it was mended
  npm run ops -- doctor --severity error --json        for an alarm
  npm run ops -- doctor --html doctor.html             one page with charts, to be looked at or sent on
Exit codes: 0 no errors and no warnings; 1 findings; 2 it could not connect, or the database is not prepared. docs/doctor.md`;

/** @throws UsageError for a name that no check has */
function chosenChecks({ check = [], skip = [] }: Options): Check[] {
  const all = allChecks();
  const names = new Set(all.map((one) => one.name));
  const unknown = [...check, ...skip].find((name) => !names.has(name));
  if (unknown !== undefined) {
    throw new UsageError('CQ645', `There is no check "${unknown}".`, {
      hint: 'npm run ops -- doctor --list shows the names.',
    });
  }
  return all.filter((one) => (check.length === 0 || check.includes(one.name)) && !skip.includes(one.name));
}

function severityOf(text: string): Severity {
  const found = SEVERITIES.find((one) => one === text);
  if (found) return found;
  throw new UsageError('CQ645', `There is no severity "${text}".`, {
    hint: `It is one of ${SEVERITIES.join(', ')}.`,
  });
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (seconds >= 0.1 && seconds <= 3600) return seconds;
  throw new UsageError('CQ645', `"${text}" is no time limit.`, { hint: 'Give seconds, 0.1 to 3600.' });
}

const firstSentence = (text: string): string => /^.+?\.(?= |$)/.exec(text)?.[0] ?? text;

function list(checks: Check[], json: boolean | undefined): void {
  if (json) {
    print(JSON.stringify(checks.map(({ name, why, only, extensions }) => ({ name, why, only, extensions }))));
  } else print(table(checks.map(({ name, why }) => [name, firstSentence(why)])));
}

/** @param record  takes down the sizes of today, then what was found */
async function look(database: Database, checks: Check[], timeout: number, record: boolean): Promise<Report> {
  const pool = database.pool('monitor');
  const run = (): Promise<Report> => runDoctor(pool, { database: database.name, checks, timeout });
  if (!record) return run();
  await recorded(pool, 'measure-sizes', async () => ({
    details: { ...(await recordSizes(pool, env.DATA_DIR)) },
  }));
  const { report } = await recorded(pool, 'doctor', async () => {
    const found = await run();
    return { details: { ...figuresOf(found) }, report: found };
  });
  return report;
}

async function doctor(options: Options): Promise<void> {
  const checks = chosenChecks(options);
  const [severity, timeout] = [severityOf(options.severity), secondsOf(options.timeout)];
  if (options.list) return list(checks, options.json);
  const { database } = await openPrepared(env.DATA_DIR, 'monitor');
  try {
    const report = await look(database, checks, timeout, options.record ?? false);
    if (options.html) {
      await writeReport(options.html, reportPage(report, await readFigures(database.pool('monitor'))));
      say(`The report is in ${options.html}.`);
    }
    const findings = findingsOf(report, severity);
    print(options.json ? JSON.stringify({ ...report, findings }, null, 2) : describeReport(report, severity));
    if (findings.some((finding) => finding.severity !== 'info')) process.exitCode = FINDINGS;
  } finally {
    await database.close();
  }
}

export function addDoctor(ops: Command): void {
  ops
    .command('doctor')
    .description('look at the whole database, and say what is wrong, what mends it and where to read on')
    .option('--check <name...>', 'these checks alone')
    .option('--skip <name...>', 'all but these')
    .option(
      '--severity <least>',
      'show and count findings from this severity on: error, warning, info',
      'info',
    )
    .option('--timeout <seconds>', 'that one check may take', '10')
    .option('--html <file>', 'also write a page with charts, which needs nothing else')
    .option('--record', 'take down sizes and counts of findings, for a schedule without a worker')
    .option('--list', 'name the checks, and look at nothing')
    .option('--json', 'for programs')
    .addHelpText('after', EXAMPLES)
    .action(doctor);
}
