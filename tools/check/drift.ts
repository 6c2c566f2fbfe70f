import { includedPaths } from './includes.ts';
import type { Problem } from './problem.ts';
import type { SqlFiles } from './sql-files.ts';

const begin = /^--! Included (\S+)$/;
const end = /^--! EndIncluded (\S+)$/;

/**
 * The texts that a committed migration included, by path below functions/. An include inside an included file becomes
 * an include line again, so that each text is what its own file said when the migration was committed.
 */
export function includedTexts(migration: string): Map<string, string> {
  const texts = new Map<string, string>();
  const open: { path: string; lines: string[] }[] = [];
  for (const line of migration.split(/\r?\n/)) {
    const path = begin.exec(line)?.[1];
    if (path !== undefined) {
      open.at(-1)?.lines.push(`--!include ${path}`);
      open.push({ path, lines: [] });
      continue;
    }
    const innermost = open.at(-1);
    if (innermost !== undefined && end.exec(line)?.[1] === innermost.path) {
      texts.set(innermost.path, innermost.lines.join('\n'));
      open.pop();
      continue;
    }
    innermost?.lines.push(line);
  }
  return texts;
}

/** Paths below functions/ that the migration in hand will include, also through other files. */
function pendingPaths(files: SqlFiles): Set<string> {
  const texts = new Map(
    [...files.functions, ...(files.contents ? [files.contents] : [])].map((file) => [
      withoutFolder(file.path),
      file.text,
    ]),
  );
  const pending = new Set<string>();
  const visit = (text: string): void => {
    for (const { path } of includedPaths(text)) {
      if (pending.has(path)) continue;
      pending.add(path);
      visit(texts.get(path) ?? '');
    }
  };
  for (const file of files.current) visit(file.text);
  return pending;
}

/**
 * Without a database: every function is in a migration with the text it has today, and in the table of contents.
 * Catches a function that was edited and never migrated, which works on the developer's database and nowhere else.
 */
export function lintDrift(files: SqlFiles): Problem[] {
  const last = new Map<string, { text: string; migration: string }>();
  for (const migration of files.committed) {
    for (const [path, text] of includedTexts(migration.text))
      last.set(path, { text, migration: migration.path });
  }
  const pending = pendingPaths(files);
  const problems: Problem[] = [];
  for (const file of files.functions) {
    const path = withoutFolder(file.path);
    if (pending.has(path)) continue;
    const hint = `Add the line \`--!include ${path}\` to a file in migrations/current/, then run \`npm run migrate\`.`;
    const known = last.get(path);
    if (known === undefined)
      problems.push({ file: file.path, message: 'No migration includes this file.', hint });
    else if (normalize(known.text) !== normalize(file.text)) {
      problems.push({ file: file.path, message: `Edited since ${known.migration} included it.`, hint });
    }
  }
  return [...problems, ...lintContents(files)];
}

/** functions/_all.sql lists every function file, once. */
function lintContents(files: SqlFiles): Problem[] {
  const file = 'functions/_all.sql';
  const entries = includedPaths(files.contents?.text ?? '');
  const listed = new Set(entries.map(({ path }) => path));
  const missing = files.functions
    .map(({ path }) => withoutFolder(path))
    .filter((path) => !listed.has(path))
    .map((path) => ({
      file,
      message: `functions/${path} is not listed.`,
      hint: `Add the line \`--!include ${path}\` after the files it depends on.`,
    }));
  const repeated = entries
    .filter(({ path }, index) => entries.findIndex((other) => other.path === path) < index)
    .map(({ path, line }) => ({
      file,
      line,
      message: `${path} is listed twice.`,
      hint: 'Remove this line.',
    }));
  return [...missing, ...repeated];
}

function withoutFolder(path: string): string {
  return path.replace(/^functions\//, '');
}

/** graphile-migrate trims what it includes, and git may change line ends. */
function normalize(text: string): string {
  return text
    .replace(/\r\n/g, '\n')
    .replace(/^--![ \t]*include[ \t]+(.*\.sql)[ \t]*$/gm, '--!include $1')
    .trim();
}
