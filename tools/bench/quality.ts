import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { FINDINGS, makeCommand, say } from '../../lib/cli.ts';
import type { Database } from '../../lib/database.ts';
import { log } from '../../lib/log.ts';
import { surroundings, withBenchDatabase } from './harness.ts';
import { MODES, registerClient } from './quality/client.ts';
import { type DialogueReport, measureDialogues, readDialogues } from './quality/dialogues.ts';
import { measureSet, type SetReport } from './quality/documents.ts';
import { guessLanguage } from './quality/lexemes.ts';
import { ownSet } from './quality/own-set.ts';
import { dialoguesMarkdown, isBelow, setMarkdown } from './quality/report.ts';
import { withServer } from './quality/server.ts';
import { limited, readSet, type TestSet } from './quality/set.ts';

const ABOUT = 'how good search is, on sets in BEIR form, beside BM25';

interface Options {
  conversations?: string;
  language?: string;
  limitQueries?: number;
  limitDocs?: number;
  typo?: boolean;
  json?: string;
  markdown?: string;
  check?: boolean;
  keep?: boolean;
}

function readCount(value: string): number {
  const count = Number(value);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('A whole number from 1 on.');
  return count;
}

async function oneSet(
  database: Database,
  url: string,
  set: TestSet,
  place: number,
  options: Options,
): Promise<SetReport> {
  const pool = database.pool('owner');
  // none for what is written without spaces: then the database decides
  const named =
    options.language ??
    (await guessLanguage(
      pool,
      set.corpus.map(({ text }) => text),
    ));
  const language = named ?? 'simple';
  const client = await registerClient(url, `set${place}@example.org`);
  if (named) await client.setLanguage(named);
  say(`${set.name}: importing ${set.corpus.length} documents, text search ${language} …`);
  const idOf = await client.importDocuments(set.corpus, named);
  await client.untilIndexed('vectors', (text) => say(`${set.name}: ${text}`));
  return measureSet(set, idOf, { pool, client, modes: MODES, language, typo: options.typo, say });
}

async function run(folders: string[], options: Options): Promise<void> {
  log.level = 'error';
  // read before a server starts: a folder that cannot be read is told at once
  const sets =
    folders.length === 0 && !options.conversations ? [ownSet()] : folders.map((folder) => readSet(folder));
  const dialogues = options.conversations ? readDialogues(options.conversations) : [];
  const report = await withBenchDatabase(
    say,
    (database) =>
      withServer(database, async (url) => {
        const reports: SetReport[] = [];
        for (const [place, set] of sets.entries()) {
          const smaller = limited(set, { queries: options.limitQueries, documents: options.limitDocs });
          const one = await oneSet(database, url, smaller, place, options);
          process.stdout.write(`${setMarkdown(one)}\n`);
          reports.push(one);
        }
        let conversations: DialogueReport | undefined;
        if (dialogues.length > 0) {
          conversations = await measureDialogues(
            dialogues,
            (index) => registerClient(url, `dialogue${index}@example.org`),
            database.pool('owner'),
            say,
          );
          process.stdout.write(`${dialoguesMarkdown(conversations)}\n`);
        }
        return {
          name: 'quality',
          machine: await surroundings(database),
          sets: reports,
          ...(conversations ? { conversations } : {}),
        };
      }),
    { keep: options.keep },
  );
  const text = [
    ...report.sets.map(setMarkdown),
    ...(report.conversations ? [dialoguesMarkdown(report.conversations)] : []),
  ].join('\n');
  for (const [path, content] of [
    [options.json, `${JSON.stringify(report, null, 2)}\n`],
    [options.markdown, text],
  ] as const) {
    if (!path) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  const below = report.sets.flatMap((set) => set.differences).some(({ estimate }) => isBelow(estimate));
  if (options.check && below) process.exitCode = FINDINGS;
}

export const quality: Command = makeCommand('quality', ABOUT)
  .argument('[folder...]', 'sets in BEIR form; none: the documentation of this project')
  .option('--conversations <folder>', 'dialogues with questions, measured through importConversation')
  .option('--language <name>', 'text-search configuration of the documents; otherwise guessed for each set')
  .option('--limit-queries <number>', 'only the first so many questions', readCount)
  .option('--limit-docs <number>', 'only so many documents, those that answer a question first', readCount)
  .option('--typo', 'ask again with one typo in the longest word of each question')
  .option('--check', 'exit with 1 when HYBRID is below BM25 per document, or below its better leg')
  .option('--json <file>', 'write the figures')
  .option('--markdown <file>', 'write the tables')
  .option('--keep', 'keep the database, and say where it is')
  .addHelpText(
    'after',
    `
docs/search-quality.md says what the figures mean.

Examples:
  npm run bench -- quality
  npm run bench -- quality ~/sets/scifact ~/sets/nfcorpus --typo --json data/bench/quality.json
  npm run bench -- quality --conversations ~/sets/dialogues`,
  )
  .action(run);
