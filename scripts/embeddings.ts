import { setTimeout as delay } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { openProvider } from '../jobs/embedding/provider.ts';
import { weighings } from '../jobs/measure-fusion.ts';
import { measurements } from '../jobs/measure-recall.ts';
import { openDatabase } from '../lib/database.ts';
import { env } from '../lib/env.ts';
import { ColloquyError, describeError, errorCode } from '../lib/errors.ts';
import {
  progressLine,
  showComparison,
  showEstimate,
  showProgress,
  showQuality,
  showVersions,
} from './embeddings/show.ts';
import {
  ask,
  findVersion,
  formerVersion,
  listVersions,
  type Owner,
  patiently,
  progressOf,
} from './embeddings/versions.ts';

/** Results go to standard output, progress to standard error: `--json` can be piped. */
const print = (text: string): void => void process.stdout.write(`${text}\n`);
const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** What refuses today and may be granted in a moment: rows or an index are missing, somebody holds a lock. */
const PASSING = ['CQ302', 'CQ303', '55P03'];
/** Seconds between two lines of progress where nobody watches. */
const LINE_SECONDS = 10;

interface Options {
  data: string;
  json?: boolean;
  dryRun?: boolean;
  dimensions?: number;
  price?: number;
  provider?: string;
  model?: string;
  description?: string;
  checked?: boolean;
  wait?: number | true;
  k?: number;
  samples?: number;
  measure?: boolean;
  days?: number;
}

const atLeast =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least))
      throw new InvalidArgumentError(`It is a number of at least ${least}.`);
    return value;
  };

const program = new Command('npm run embeddings --')
  .description('Makes, compares, switches and archives embedding versions.')
  .option(
    '--data <folder>',
    'folder of the embedded database, which is used without DATABASE_URL',
    env.DATA_DIR,
  )
  .option('--json', 'the answer as JSON on standard output')
  .showHelpAfterError('(--help explains everything)')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .addHelpText(
    'after',
    `
A version is named by its name or its id. The database is DATABASE_URL; without it, the embedded one in the data folder.

From one model to another, while searches go on:
  npm run embeddings -- estimate --dimensions 1536 --price 0.02
  npm run embeddings -- create large --provider openai-compatible --model text-embedding-3-small --dimensions 1536
  npm run embeddings -- status large --wait        the workers fill it and build its index
  npm run embeddings -- compare local-1 large
  npm run embeddings -- activate large
  npm run embeddings -- rollback                   if it was no good

How well searches do:
  npm run embeddings -- recall --measure

Exit codes: 0 done, or ready; 1 refused, not ready, or below the objective; 2 could not.`,
  );

/** Runs a command as the owner of the database, who needs no account. */
async function withOwner(
  command: Command,
  work: (owner: Owner, options: Options) => Promise<void>,
): Promise<void> {
  const options = command.optsWithGlobals<Options>();
  const database = await openDatabase({ dataDir: options.data, join: true });
  try {
    await work(database.pool('owner'), options);
  } catch (error) {
    if (errorCode(error) === '42P01' || errorCode(error) === '3F000' || errorCode(error) === '42883') {
      throw new ColloquyError('CQ032', `${database.name} is not migrated.`, {
        hint: 'npm run migrate',
        cause: error,
      });
    }
    throw error;
  } finally {
    await database.close();
  }
}

const answer = (options: Options, value: unknown, text: string): void =>
  print(options.json ? JSON.stringify(value) : text);

program
  .command('status')
  .description('list the versions, or tell how far one is')
  .argument('[version]', 'a name or an id')
  .option('--wait', 'wait until it is complete, and show how far it is')
  .action((named: string | undefined, _: unknown, command: Command) =>
    withOwner(command, async (owner, options) => {
      if (named === undefined) {
        const versions = await listVersions(owner);
        answer(options, versions, showVersions(versions));
        return;
      }
      const { id } = await findVersion(owner, named);
      let progress = await progressOf(owner, id);
      for (let said = 0; options.wait && !progress.is_complete; ) {
        if (process.stderr.isTTY)
          process.stderr.write(`\r\u001b[2K${bar(progress)}${progressLine(progress)}`);
        else if (Date.now() - said > LINE_SECONDS * 1000) {
          said = Date.now();
          say(progressLine(progress));
        }
        await delay(1000);
        progress = await progressOf(owner, id);
      }
      if (options.wait && process.stderr.isTTY) process.stderr.write('\r\u001b[2K');
      answer(options, progress, showProgress(progress));
      if (!progress.is_complete) process.exitCode = 1;
    }),
  );

function bar(progress: Record<string, unknown>): string {
  const chunks = Number(progress.chunks);
  const filled = Math.round((chunks === 0 ? 1 : Number(progress.embedded_chunks) / chunks) * 24);
  return `${'█'.repeat(Math.max(0, filled))}${'░'.repeat(Math.max(0, 24 - filled))} `;
}

program
  .command('estimate')
  .description('what a version would take: chunks, tokens, cost, disk and time')
  .argument('[version]', 'a name or an id; or say --dimensions')
  .option('--dimensions <n>', 'of the vectors', atLeast(1))
  .option('--price <dollars>', 'US dollars per million tokens', atLeast(0), 0)
  .action((named: string | undefined, _: unknown, command: Command) =>
    withOwner(command, async (owner, options) => {
      const id = named === undefined ? null : (await findVersion(owner, named)).id;
      const estimate = await estimateOf(owner, id, options);
      answer(options, estimate, showEstimate(estimate));
    }),
  );

const estimateOf = (owner: Owner, id: string | null, { dimensions, price }: Options) =>
  ask(
    owner,
    'app_public.estimate_embedding_version(version_id => $1, dimensions => $2, price_per_million_tokens => $3)',
    [id, dimensions ?? null, price ?? 0],
  );

program
  .command('create')
  .description('begin a new version; the workers fill it behind new work')
  .argument('<name>', 'how it is called')
  .requiredOption('--provider <name>', 'who computes the vectors')
  .requiredOption('--model <name>', 'model of that provider')
  .requiredOption('--dimensions <n>', 'length of its vectors, 1 to 4000', atLeast(1))
  .option('--description <text>', 'what it is for')
  .option('--price <dollars>', 'US dollars per million tokens, for the estimate', atLeast(0), 0)
  .option('--no-checked', 'also with a provider that this machine does not have: the workers may')
  .option('--dry-run', 'only the estimate')
  .action((name: string, _: unknown, command: Command) =>
    withOwner(command, async (owner, options) => {
      const version = { provider: options.provider!, model: options.model!, dimensions: options.dimensions! };
      if (options.checked) await openProvider(version).close();
      const estimate = await estimateOf(owner, null, options);
      if (options.dryRun) {
        answer(
          options,
          { dryRun: true, name, ...version, estimate },
          `Would create "${name}":\n${showEstimate(estimate)}`,
        );
        return;
      }
      const created = await patiently(30, ['55P03'], () =>
        ask(
          owner,
          'app_public.create_embedding_version(name => $1, provider => $2, model => $3, dimensions => $4, description => $5)',
          [name, version.provider, version.model, version.dimensions, options.description ?? null],
        ),
      );
      answer(
        options,
        { ...created, estimate },
        `Created "${name}" (${created.id}):\n${showEstimate(estimate)}\n  → npm run embeddings -- status ${name} --wait`,
      );
    }),
  );

program
  .command('build-index')
  .description('build the index of a version here and now; otherwise a worker does when it is filled')
  .argument('<version>', 'a name or an id')
  .option('--dry-run', 'say what is missing')
  .action((named: string, _: unknown, command: Command) =>
    withOwner(command, async (owner, options) => {
      const { id, name } = await findVersion(owner, named);
      const { index_partitions: partitions, index_partitions_built: built } = await progressOf(owner, id);
      if (options.dryRun) {
        answer(
          options,
          { dryRun: true, id, partitions, built },
          `${built} of ${partitions} partitions of "${name}" are indexed.`,
        );
        return;
      }
      for (let remainder = -1; remainder < Number(partitions); remainder += 1) {
        const { rows } = await patiently(30, ['55P03'], () =>
          owner.query(
            'select app_hidden.build_embedding_index(for_version => $1, remainder => $2) as built',
            [id, remainder < 0 ? null : remainder],
          ),
        );
        if (!rows[0].built) {
          throw new ColloquyError('CQ307', `Somebody else builds the index of "${name}".`, {
            hint: `npm run embeddings -- status ${name} --wait`,
          });
        }
        if (remainder >= 0) say(`  partition ${remainder + 1} of ${partitions}`);
      }
      answer(options, { id, partitions }, `The index of "${name}" is whole.`);
    }),
  );

program
  .command('compare')
  .description('ask two versions the same, and tell how much their answers overlap')
  .argument('<a>', 'a name or an id')
  .argument('<b>', 'a name or an id')
  .option('--k <n>', 'answers per query', atLeast(1), 10)
  .option('--samples <n>', 'queries', atLeast(1), 50)
  .action((a: string, b: string, _: unknown, command: Command) =>
    withOwner(command, async (owner, options) => {
      const [first, second] = [await findVersion(owner, a), await findVersion(owner, b)];
      const comparison = await ask(
        owner,
        'app_public.compare_embedding_versions(version_a => $1, version_b => $2, k => $3, samples => $4)',
        [first.id, second.id, options.k, options.samples],
      );
      answer(options, comparison, showComparison(comparison, [first.name, second.name]));
    }),
  );

program
  .command('recall')
  .description(
    'how much of what is nearest searches find, how much vectors count, and how searches were answered',
  )
  .option('--measure', 'measure now, as the worker does each day')
  .option('--days <n>', 'days of searches to count', atLeast(1), 7)
  .action((_: unknown, command: Command) =>
    withOwner(command, async (owner, options) => {
      if (options.measure) {
        for await (const { target, measured } of measurements(owner))
          say(
            `  ${target.version_name}, ${target.size_class} workspaces: ${measured ? `${measured.queries} queries` : 'nothing to ask, or somebody else is measuring'}`,
          );
        for await (const { target, weighed } of weighings(owner))
          say(
            `  ${target.version_name}, vectors beside words: ${weighed ? `${weighed.questions} questions` : 'nothing was cited yet, or somebody else is measuring'}`,
          );
      }
      const quality = await ask(owner, 'app_public.search_quality(days => $1)', [options.days]);
      answer(options, quality, showQuality(quality));
      const isBelow = (quality.recall as Record<string, unknown>[]).some(
        (one) => one.meets_objective === false,
      );
      if (isBelow) process.exitCode = 1;
    }),
  );

async function activate(
  owner: Owner,
  version: { id: string; name: string },
  options: Options,
): Promise<void> {
  if (options.dryRun) {
    const { rows } = await owner.query(
      `select app_private.embedding_index_is_valid($1) as is_indexed, app_private.embeddings_missing($1, a.id)::int as missing, a.name as active
       from app_public.embedding_versions a where a.status = 'active'`,
      [version.id],
    );
    const state = rows[0] ?? { is_indexed: false, missing: 0, active: null };
    const isReady = state.is_indexed && state.missing === 0;
    answer(
      options,
      { dryRun: true, ...version, ...state, isReady },
      isReady
        ? `"${version.name}" could take the place of "${state.active}" now.`
        : `"${version.name}" is not ready: ${state.missing} vectors are missing, its index is ${state.is_indexed ? 'whole' : 'not whole'}.`,
    );
    if (!isReady) process.exitCode = 1;
    return;
  }
  const active = await patiently(Number(options.wait), PASSING, () =>
    ask(owner, 'app_public.activate_embedding_version($1)', [version.id]),
  );
  answer(
    options,
    active,
    `Searches use "${active.name}" now.\n  → npm run embeddings -- rollback, to go back`,
  );
}

program
  .command('activate')
  .description('let searches use a version; refused while anything is missing')
  .argument('<version>', 'a name or an id')
  .option('--wait <seconds>', 'try again for so long while something is missing or busy', atLeast(0), 30)
  .option('--dry-run', 'say whether it could')
  .action((named: string, _: unknown, command: Command) =>
    withOwner(command, async (owner, options) => activate(owner, await findVersion(owner, named), options)),
  );

program
  .command('rollback')
  .description('let searches use the version before again')
  .option('--wait <seconds>', 'try again for so long while something is missing or busy', atLeast(0), 30)
  .option('--dry-run', 'say whether it could')
  .action((_: unknown, command: Command) =>
    withOwner(command, async (owner, options) => activate(owner, await formerVersion(owner), options)),
  );

program
  .command('archive')
  .description('drop the vectors and the index of a version that is not active')
  .argument('<version>', 'a name or an id')
  .option('--wait <seconds>', 'try again for so long while searches are in the way', atLeast(0), 30)
  .option('--dry-run', 'say what would be dropped')
  .action((named: string, _: unknown, command: Command) =>
    withOwner(command, async (owner, options) => {
      const version = await findVersion(owner, named);
      if (options.dryRun) {
        const found = (await listVersions(owner)).find((one) => one.id === version.id);
        answer(
          options,
          { dryRun: true, ...found },
          `Would drop ${Number(found?.vectors).toLocaleString('en')} vectors of "${version.name}" (${version.status}).`,
        );
        if (version.status === 'active') process.exitCode = 1;
        return;
      }
      const archived = await patiently(Number(options.wait), ['55P03'], () =>
        ask(owner, 'app_public.archive_embedding_version($1)', [version.id]),
      );
      answer(options, archived, `"${archived.name}" is archived.`);
    }),
  );

try {
  await program.parseAsync();
} catch (error) {
  say(describeError(error));
  process.exitCode = /^(CQ2\d\d|CQ30\d|55P03)$/.test(errorCode(error) ?? '') ? 1 : 2;
}
