import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../../../lib/migrations.ts';
import { type Entry, readJudgements, readLines, type TestSet, testSet } from './set.ts';

const FIXTURES = 'test/fixtures/retrieval';
/** Texts in other languages, which the documentation has none in; the name begins with the language. */
const FOREIGN = `${FIXTURES}/own`;

const languages: Record<string, string> = { de: 'german', es: 'spanish', fr: 'french' };

function entry(path: string): Entry {
  const text = readFileSync(join(projectFolder, path), 'utf8');
  const language = path.startsWith(FOREIGN)
    ? languages[path.slice(FOREIGN.length + 1, FOREIGN.length + 3)]
    : 'english';
  return {
    id: path,
    title: /^# (.+)$/m.exec(text)?.[1] ?? path,
    text,
    contentType: 'markdown',
    ...(language ? { language } : {}),
  };
}

/** The documents of the set of this project's own writing: each page of the documentation, and some short texts, by path. */
export function ownCorpus(): Entry[] {
  const pages = (folder: string): string[] =>
    readdirSync(join(projectFolder, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`);
  return ['README.md', ...pages('docs'), ...pages(FOREIGN)].sort().map(entry);
}

/** Questions as people ask them, judged by hand, over the documentation as it is now. */
export function ownSet(): TestSet {
  const folder = join(projectFolder, FIXTURES, 'docs');
  return testSet(
    'docs',
    ownCorpus(),
    readLines(join(folder, 'queries.jsonl')),
    readJudgements(join(folder, 'qrels.tsv')),
  );
}
