import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { exitCodesHelp, FINDINGS, INTERRUPTED, makeCommand, print, say, table } from '../../lib/cli.ts';
import { log } from '../../lib/log.ts';
import { type ChaosReport, runChaos } from './chaos/run.ts';

/** What each scale runs. */
export const SCALES = {
  short: { clients: 10, seconds: 60, interval: 8, outage: 3 },
  full: { clients: 100, seconds: 1800, interval: 60, outage: 15 },
} as const;

interface Options {
  scale: keyof typeof SCALES;
  clients?: number;
  minutes?: number;
  json?: string;
}

function readNumber(value: string): number {
  const number = Number(value);
  if (!(number > 0)) throw new InvalidArgumentError('A number above 0.');
  return number;
}

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1);

export function describeChaos(report: ChaosReport): string {
  const refused = Object.entries(report.refused).map(([code, count]) => `${code} ${count}`);
  return [
    table(
      [
        ['event', 'back after (s)', 'first write (s)', 'to be tried again'],
        ...report.events.map((one) => [
          one.name,
          seconds(one.took),
          seconds(one.firstWrite),
          String(one.refused),
        ]),
      ],
      { numbers: true },
    ),
    '',
    `${report.succeeded} requests succeeded (p50 ${report.p50.toFixed(0)} ms, p95 ${report.p95.toFixed(0)} ms); to be tried again: ${refused.join(', ') || 'none'}.`,
    `${report.acknowledged} writes were acknowledged, ${report.unacknowledged} more are there; a new document was found ${seconds(report.indexed)} s after it was asked for.`,
    ...report.programs.map(
      ({ name, pid, before, after, most }) =>
        `${name}, process ${pid} to the end: ${before.toFixed(0)} MB, later ${after.toFixed(0)} MB, at most ${most.toFixed(0)} MB.`,
    ),
    'The standby had each commit before its client heard of it (synchronous_commit = on, synchronous_standby_names): an asynchronous one',
    'may lose the last commits when it takes over.',
    '',
    report.violations.length === 0 ? 'No violation.' : `${report.violations.length} violations:`,
    ...report.violations.slice(0, 20).map((violation) => `  ${violation}`),
  ].join('\n');
}

export const chaos = makeCommand(
  'chaos',
  'restarts, crashes, failovers and failing networks under load: is every acknowledged write there, once?',
)
  .addOption(
    new Option('--scale <scale>', 'short: 10 clients for a minute; full: 100 clients for half an hour')
      .choices(Object.keys(SCALES))
      .default('full'),
  )
  .option('--clients <count>', 'clients that ask at once', readNumber)
  .option('--minutes <number>', 'how long', readNumber)
  .option('--json <file>', 'write the figures')
  .addHelpText(
    'after',
    `
The API, through PgBouncer, and the worker run as processes of their own, on a private server with a synchronous standby.
${exitCodesHelp('a write was lost or doubled, a process ended, an answer was none of those that say to try again')}`,
  )
  .action(async (options: Options) => {
    log.level = 'error';
    // what was started ends with this process
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => process.exit(INTERRUPTED));
    const scale = SCALES[options.scale];
    const report = await runChaos({
      ...scale,
      ...(options.clients === undefined ? {} : { clients: options.clients }),
      ...(options.minutes === undefined ? {} : { seconds: options.minutes * 60 }),
      say,
    });
    print(describeChaos(report));
    if (options.json) {
      mkdirSync(dirname(options.json), { recursive: true });
      writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
    }
    if (report.violations.length > 0) process.exitCode = FINDINGS;
  });
