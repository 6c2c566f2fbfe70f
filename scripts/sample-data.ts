import { exitCodesHelp, INTERRUPTED, makeCommand, print, runCommand, say, UsageError } from '../lib/cli.ts';
import { type Database, serverDatabase } from '../lib/database.ts';
import { env } from '../lib/env.ts';
import { barRow, formatSeconds } from '../lib/progress.ts';
import { type LoadResult, loadSampleData } from '../operations/sample-data/load.ts';
import type { SampleSize } from '../operations/sample-data/plan.ts';
import { openPrepared } from './shared/prepared-database.ts';
import { stoppable } from './shared/stoppable.ts';

const LINE_SECONDS = 10;

interface Options {
  messages: string;
  conversations?: string;
  workspaces?: string;
  years: string;
  documents?: string;
  memories?: string;
  events?: string;
  seed: string;
  until?: string;
  index?: boolean;
  into?: string;
  dryRun?: boolean;
  remove?: boolean;
  yesReally?: boolean;
  json?: boolean;
  data: string;
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < least || value > most)
    throw new UsageError('CQ019', `--${name} is a whole number from ${least} to ${most}, not "${text}".`);
  return value;
}

/** What is asked for; what is not said follows from the number of messages. */
function sizeOf(options: Options): SampleSize {
  const messages = whole('messages', options.messages, 1, 1e9);
  const guess = (share: number): string => String(Math.max(1, Math.round(messages / share)));
  const workspaces = whole('workspaces', options.workspaces ?? guess(5000), 1, 1e6);
  const conversations = whole('conversations', options.conversations ?? guess(100), 1, 1e8);
  if (conversations > messages)
    throw new UsageError(
      'CQ019',
      `${conversations} conversations need as many messages; there are ${messages}.`,
    );
  const years = Number(options.years);
  if (!(years > 0 && years <= 30))
    throw new UsageError('CQ019', `--years is over 0, and 30 at most, not "${options.years}".`);
  const until =
    options.until === undefined
      ? Math.floor(Date.now() / 86_400_000) * 86_400_000
      : Date.parse(options.until);
  if (!(until <= Date.now()))
    throw new UsageError(
      'CQ019',
      `--until is a day that has begun, like 2026-01-31, not "${options.until}".`,
    );
  const ofWorkspaces = (text: string | undefined, name: string, each: number): number =>
    whole(name, text ?? String(each * workspaces), 0, 1e8);
  return {
    messages,
    conversations,
    workspaces,
    years,
    documents: ofWorkspaces(options.documents, 'documents', 5),
    memories: ofWorkspaces(options.memories, 'memories', 0),
    events: ofWorkspaces(options.events, 'events', 0),
    seed: whole('seed', options.seed, 0, 2 ** 31 - 1),
    until,
  };
}

/** A bar on a terminal, a line now and then elsewhere. */
function showProgress(): (done: number, total: number) => void {
  const started = performance.now();
  let shown = started;
  return (done, total) => {
    const now = performance.now();
    if (now - shown < (process.stderr.isTTY ? 100 : LINE_SECONDS * 1000) && done < total) return;
    shown = now;
    const seconds = (now - started) / 1000;
    const rate = done / seconds;
    const line = `${done.toLocaleString('en')} of ${total.toLocaleString('en')} messages, ${Math.round(rate).toLocaleString('en')}/s, ${formatSeconds((total - done) / rate)} left`;
    process.stderr.write(
      process.stderr.isTTY
        ? `${barRow(done / total, line, process.stderr)}${done === total ? '\n' : ''}`
        : `${line}\n`,
    );
  };
}

async function openTarget({ into, data }: Options): Promise<Database> {
  if (into === undefined) return (await openPrepared(data, 'owner')).database;
  if (!/^postgres(ql)?:\/\//.test(into))
    throw new UsageError('CQ019', '--into is a connection string, like postgres://user@host/database.');
  return serverDatabase(into, {}, 'as --into says');
}

async function remove(database: Database, json: boolean): Promise<void> {
  const { rows } = await database.pool('owner').query('select * from app_private.cleanup_test_data()');
  const counts = Object.entries(rows[0] as Record<string, number>);
  if (json) print(JSON.stringify(rows[0]));
  else print(`Removed: ${counts.map(([name, count]) => `${count} ${name.replace('_', ' ')}`).join(', ')}.`);
}

function showResult(result: LoadResult, size: SampleSize): void {
  const again = `--seed ${size.seed} --until ${new Date(size.until).toISOString().slice(0, 10)}`;
  for (const [name, count] of Object.entries(result.rows)) print(`${String(count).padStart(12)} ${name}`);
  if (result.found > 0) print(`${String(result.found).padStart(12)} rows were there already`);
  const rate = Math.round((result.rows.messages ?? 0) / result.seconds);
  print(`${formatSeconds(result.seconds)}, ${rate.toLocaleString('en')} messages a second`);
  if (result.isComplete) print(`SHA-256 of the content: ${result.contentHash}, the same again with ${again}`);
  else
    say(
      `Stopped; whole conversations are there. The same command with ${again} goes on, --remove removes them.`,
    );
}

async function sampleData(options: Options): Promise<void> {
  const size = sizeOf(options);
  const database = await openTarget(options);
  const work = async (signal: AbortSignal): Promise<void> => {
    say(`Into ${database.description}.`);
    if (options.remove) return remove(database, options.json ?? false);
    if (!options.yesReally) await database.pool('owner').query('select app_private.require_development()');
    if (options.dryRun) {
      print(options.json ? JSON.stringify(size) : `Would write: ${JSON.stringify(size, null, 1)}`);
      return;
    }
    const result = await loadSampleData(database, size, {
      index: options.index ?? false,
      signal,
      say,
      onProgress: showProgress(),
    });
    if (options.json) print(JSON.stringify(result));
    else showResult(result, size);
    if (!result.isComplete) process.exitCode = INTERRUPTED;
  };
  try {
    await stoppable(work);
  } finally {
    await database.close();
  }
}

const program = makeCommand(
  'npm run sample-data --',
  'Fills a development database with conversations of any number, as people have them, the same for the same seed.',
)
  .option('--messages <n>', 'messages in all', '10000')
  .option('--conversations <n>', 'conversations (default: a hundredth of the messages)')
  .option('--workspaces <n>', 'workspaces (default: one for 5,000 messages)')
  .option('--years <n>', 'how far back they go', '2')
  .option('--documents <n>', 'documents, which answers cite (default: five for each workspace)')
  .option('--memories <n>', 'memories, for the worker to index', '0')
  .option('--events <n>', 'events, for the worker to process', '0')
  .option('--seed <n>', 'begins the random numbers: other content for another one', '1')
  .option('--until <day>', 'nothing is later (default: today)')
  .option('--index', 'leave the messages to the worker, to be cut and embedded')
  .option('--into <url>', 'another database than the one that is configured')
  .option('--dry-run', 'say what would be written')
  .option('--remove', 'remove all sample content instead')
  .option('--yes-really', 'also where the database is not marked as one for development')
  .option('--json', 'for programs')
  .option('--data <folder>', 'data folder of the embedded database', env.DATA_DIR)
  .addHelpText(
    'after',
    `
Without --index the messages are not found by search: they count as indexed. docs/sample-data.md

Examples:
  npm run sample-data
  npm run sample-data -- --messages 1000000 --conversations 10000 --years 2 --workspaces 200
  npm run sample-data -- --remove
${exitCodesHelp()}`,
  )
  .action((options: Options) => sampleData(options));

await runCommand(() => program.parseAsync());
