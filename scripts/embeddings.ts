import { setTimeout as delay } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { measureVectorWeights } from '../jobs/measure-fusion.ts';
import { measureRecalls } from '../jobs/measure-recall.ts';
import { exitCodesHelp, makeCommand, print, runCommand, say } from '../lib/cli.ts';
import { type Database, openDatabase } from '../lib/database.ts';
import { env } from '../lib/env.ts';
import { ColloquyError, errorCode } from '../lib/errors.ts';
import { barRow } from '../lib/progress.ts';
import { askModel, type Chosen, type ChosenModel, chosenModel } from '../models/chosen.ts';
import { knownPrefixes } from '../models/prefixes.ts';
import { compareWays, showCuttings } from './embeddings/cuttings.ts';
import { evaluateBeside, evaluateIfNew } from './embeddings/evaluation.ts';
import { recutDocuments } from './embeddings/recut.ts';
import {
  progressLine,
  showComparison,
  showEstimate,
  showEvaluation,
  showProgress,
  showQuality,
  showVersions,
} from './embeddings/show.ts';
import { switchTo } from './embeddings/switch.ts';
import {
  activeOf,
  ask,
  CREATE,
  createValues,
  findVersion,
  formerVersion,
  listVersions,
  type Owner,
  patiently,
  progressOf,
} from './embeddings/versions.ts';

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
  accept?: boolean;
  truncate?: boolean;
  nativeDimensions?: number;
  queryPrefix?: string;
  passagePrefix?: string;
  chunkSize?: number;
  chunkOverlap?: number;
  chunking?: string;
  questions?: number;
  against?: string;
  after?: string;
  documents?: number;
  tokens?: number;
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

const program = makeCommand(
  'npm run embeddings --',
  'Makes, compares, switches and archives embedding versions.',
)
  .option(
    '--data <folder>',
    'folder of the embedded database, which is used without DATABASE_URL',
    env.DATA_DIR,
  )
  .option('--json', 'the answer as JSON on standard output')
  .addHelpText(
    'after',
    `
A version is named by its name or its id. The database is DATABASE_URL; without it, the embedded one in the data folder.

To the model that the settings name (EMBEDDING_PROVIDER, EMBEDDING_MODEL, …), all in one:
  npm run embeddings -- switch

The same step by step, while searches go on:
  npm run embeddings -- estimate --dimensions 1536 --price 0.02
  npm run embeddings -- create large --provider openai-compatible --model text-embedding-3-small --dimensions 1536
  npm run embeddings -- status large --wait        the workers fill it and build its index
  npm run embeddings -- evaluate large             does it find what should be found?
  npm run embeddings -- activate large
  npm run embeddings -- rollback                   if it was no good

How well searches do:
  npm run embeddings -- recall --measure
${exitCodesHelp('refused, not ready, or below the objective')}`,
  );

/** Runs a command as the owner of the database, who needs no account. */
const withOwner = (
  command: Command,
  work: (owner: Owner, options: Options) => Promise<void>,
): Promise<void> => withDatabase(command, (database, options) => work(database.pool('owner'), options));

async function withDatabase(
  command: Command,
  work: (database: Database, options: Options) => Promise<void>,
): Promise<void> {
  const options = command.optsWithGlobals<Options>();
  const database = await openDatabase({ dataDir: options.data, join: true });
  try {
    await work(database, options);
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
          process.stderr.write(barRow(shareOf(progress), progressLine(progress), process.stderr));
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

/** How much of a version is there, 0 to 1. */
function shareOf(progress: Record<string, unknown>): number {
  const chunks = Number(progress.chunks);
  return chunks === 0 ? 1 : Number(progress.embedded_chunks) / chunks;
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
  .option(
    '--dimensions <n>',
    'length of its vectors, 1 to 4000; the model is asked when it is left out',
    atLeast(1),
  )
  .option('--truncate', 'cut longer vectors of the model to --dimensions (Matryoshka)')
  .option('--native-dimensions <n>', 'with --no-checked: length of the vectors that are cut', atLeast(2))
  .option('--query-prefix <text>', 'what the model wants before a query; known models have theirs')
  .option('--passage-prefix <text>', 'what it wants before a passage')
  .option('--chunk-size <n>', 'tokens of a passage, once the version is active', atLeast(16))
  .option('--chunk-overlap <n>', 'tokens that neighbours share', atLeast(0))
  .option('--chunking <method>', 'structure, sentence or fixed')
  .option('--description <text>', 'what it is for')
  .option('--price <dollars>', 'US dollars per million tokens, for the estimate', atLeast(0), 0)
  .option('--no-checked', 'also with a provider that this machine does not have: the workers may')
  .option('--dry-run', 'only the estimate')
  .action((name: string, _: unknown, command: Command) =>
    withOwner(command, async (owner, options) => {
      const version = await modelOf(options);
      const estimate = await estimateOf(owner, null, { ...options, dimensions: version.dimensions });
      if (options.dryRun) {
        answer(
          options,
          { dryRun: true, name, ...version, estimate },
          `Would create "${name}":\n${showEstimate(estimate)}`,
        );
        return;
      }
      const created = await patiently(30, ['55P03'], () =>
        ask(owner, CREATE, createValues(name, version, options)),
      );
      answer(
        options,
        { ...created, estimate },
        `Created "${name}" (${created.id}):\n${showEstimate(estimate)}\n  → npm run embeddings -- status ${name} --wait`,
      );
    }),
  );

/** What was chosen on the command line. */
const chosenIn = (options: Options): Chosen => ({
  ...options,
  provider: options.provider!,
  model: options.model!,
});

/** @throws ColloquyError as askModel(), and CQ310 when nothing may be asked and nothing was said */
async function modelOf(options: Options): Promise<ChosenModel> {
  if (options.checked) return askModel(chosenIn(options));
  if (options.dimensions === undefined) {
    throw new ColloquyError('CQ314', 'Nobody says how many dimensions the model has.', {
      hint: 'Add --dimensions, or leave --no-checked out.',
    });
  }
  const known = knownPrefixes(options.model!);
  return {
    provider: options.provider!,
    model: options.model!,
    dimensions: options.dimensions,
    native_dimensions: options.nativeDimensions ?? null,
    query_prefix: options.queryPrefix ?? known.query,
    passage_prefix: options.passagePrefix ?? known.passage,
  };
}

program
  .command('switch')
  .description('make, fill, evaluate and activate the version of another model: the one of the settings')
  .option('--provider <name>', 'another provider than EMBEDDING_PROVIDER')
  .option('--model <name>', 'another model than EMBEDDING_MODEL')
  .option('--dimensions <n>', 'another length than EMBEDDING_DIMENSIONS or the model’s own', atLeast(1))
  .option('--truncate', 'cut longer vectors of the model to --dimensions (Matryoshka)')
  .option('--query-prefix <text>', 'what the model wants before a query; known models have theirs')
  .option('--passage-prefix <text>', 'what it wants before a passage')
  .option('--chunk-size <n>', 'tokens of a passage, once the version is active', atLeast(16))
  .option('--chunk-overlap <n>', 'tokens that neighbours share', atLeast(0))
  .option('--chunking <method>', 'structure, sentence or fixed')
  .option('--accept', 'also when it does worse than the active version, or nobody can tell')
  .option('--dry-run', 'only ask the model, and estimate')
  .action((_: unknown, command: Command) =>
    withDatabase(command, async (database, options) => {
      const settings = chosenModel();
      // another model has other dimensions and prefixes
      const base = options.model === undefined ? settings : undefined;
      const provider = options.provider ?? settings?.provider;
      const model = options.model ?? settings?.model;
      if (provider === undefined || model === undefined) {
        throw new ColloquyError('CQ314', 'Nobody says which model to switch to.', {
          hint: 'Set EMBEDDING_PROVIDER and EMBEDDING_MODEL, or give --provider and --model.',
        });
      }
      const given = Object.fromEntries(
        Object.entries(chosenIn(options)).filter(([, value]) => value !== undefined),
      );
      const chosen: Chosen = { ...base, ...given, provider, model };
      const outcome = await switchTo(database, chosen, {
        accept: options.accept ?? false,
        dryRun: options.dryRun ?? false,
        say,
      });
      answer(options, outcome, outcome.text);
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
  .command('evaluate')
  .description('ask a version and the active one what users asked: does it find what should be found?')
  .argument('<version>', 'a name or an id')
  .option('--against <version>', 'another version than the active one')
  .option('--questions <n>', 'at most so many', atLeast(1), 200)
  .action((named: string, _: unknown, command: Command) =>
    withDatabase(command, async (database, options) => {
      const owner = database.pool('owner');
      const version = await findVersion(owner, named);
      const baseline = await findVersion(owner, options.against ?? (await activeOf(owner)));
      const evaluation = await evaluateBeside(database, version.id, baseline.id, options.questions);
      answer(options, evaluation, showEvaluation(evaluation, [version.name, baseline.name]));
      if (evaluation.verdict === 'worse' || evaluation.verdict === 'unjudged') process.exitCode = 1;
    }),
  );

program
  .command('cuttings')
  .description(
    'compare ways to cut text, in memory, by the active model: how much of the evidence fits a context?',
  )
  .argument(
    '<ways...>',
    'size/overlap/method, as 100/15 or 200/0/sentence; the first is what others are compared with',
  )
  .option('--documents <n>', 'at most so many', atLeast(1), 100)
  .option('--tokens <n>', 'of the context that the first passages fill', atLeast(16), 1000)
  .action((ways: string[], _: unknown, command: Command) =>
    withDatabase(command, async (database, options) => {
      const comparison = await compareWays(database, ways, options);
      answer(options, comparison, showCuttings(comparison, options.tokens!));
    }),
  );

program
  .command('recut')
  .description('have the documents that are there cut anew as the active version cuts, a batch at a time')
  .option('--after <id>', 'go on after this document, where another run ended')
  .option('--dry-run', 'say how many there are')
  .action((_: unknown, command: Command) =>
    withDatabase(command, async (database, options) => {
      const owner = database.pool('owner');
      if (options.dryRun) {
        const { rows } = await owner.query(
          'select count(*)::int as documents from app_public.documents where $1::uuid is null or id > $1',
          [options.after ?? null],
        );
        const { documents } = rows[0];
        answer(options, { dryRun: true, documents }, `${documents} documents would be cut anew.`);
        return;
      }
      const done = await recutDocuments(database, { after: options.after ?? null, say });
      answer(options, done, `${done.documents} documents are cut as the active version cuts.`);
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
        for await (const { target, measured } of measureRecalls(owner))
          say(
            `  ${target.version_name}, ${target.size_class} workspaces: ${measured ? `${measured.queries} queries` : 'nothing to ask, or somebody else is measuring'}`,
          );
        for await (const { target, measured } of measureVectorWeights(owner))
          say(
            `  ${target.version_name}, vectors beside words: ${measured ? `${measured.questions} questions` : 'nothing was cited yet, or somebody else is measuring'}`,
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
    ask(owner, 'app_public.activate_embedding_version($1, accept => $2)', [
      version.id,
      options.accept ?? false,
    ]),
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
  .option('--accept', 'also when it does worse than the active version, or nobody can tell')
  .option('--dry-run', 'say whether it could')
  .action((named: string, _: unknown, command: Command) =>
    withDatabase(command, async (database, options) => {
      const owner = database.pool('owner');
      const version = await findVersion(owner, named);
      if (!options.accept && !options.dryRun) await evaluateIfNew(database, version.id, say);
      await activate(owner, version, options);
    }),
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

await runCommand(() => program.parseAsync());
