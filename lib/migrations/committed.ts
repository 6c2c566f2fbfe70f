import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ColloquyError } from '../errors.ts';

/** The folder of the project: commands work from anywhere. */
export const projectFolder: string = join(import.meta.dirname, '../..');

/** A file of migrations/committed/. */
export interface CommittedMigration {
  /** 000001-foundation.sql; graphile-migrate records 000001.sql. */
  filename: string;
  /** What graphile-migrate made of its text and of all texts before it, and what it records in the database. */
  hash: string;
  /** The hash of the migration before it; undefined for the first. */
  previous: string | undefined;
  /** SHA-256 of the file, hexadecimal: what migrations/frozen.txt holds. */
  sha256: string;
}

/** Something that does not fit in migrations/, and what to do about it. */
export interface FrozenProblem {
  file: string;
  message: string;
  hint: string;
}

const FROZEN = 'migrations/frozen.txt';
const FROZEN_HEAD = `# SHA-256 of each committed migration. They are append-only: a database that has one never runs it again.
# \`npm run migrate -- commit\` adds a line; what stands above a line "# released" is never taken back. docs/migrations.md
`;
/** Ends the lines of migrations that a release has: these are not taken back. */
const RELEASED = /^# released /;

const header = (text: string, name: string): string | undefined =>
  text.match(new RegExp(`^--! ${name}: *(\\S+)$`, 'm'))?.[1];

/** The committed migrations of this copy of the project, in order. */
export function committedMigrations(root: string = projectFolder): CommittedMigration[] {
  const folder = join(root, 'migrations/committed');
  return readdirSync(folder)
    .filter((name) => /^\d{6}.*\.sql$/.test(name))
    .sort()
    .map((filename) => {
      const text = readFileSync(join(folder, filename), 'utf8');
      const previous = header(text, 'Previous');
      return {
        filename,
        hash: header(text, 'Hash') ?? '',
        previous: previous === '-' ? undefined : previous,
        sha256: createHash('sha256').update(text).digest('hex'),
      };
    });
}

function frozenLines(root: string): string[] {
  const path = join(root, FROZEN);
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
}

/** The hashes of migrations/frozen.txt by file. */
function frozenHashes(root: string): Map<string, string> {
  return new Map(
    frozenLines(root)
      .filter((line) => !line.startsWith('#'))
      .map((line) => {
        const [sha256 = '', filename = ''] = line.split(/\s+/);
        return [filename, sha256];
      }),
  );
}

/** The versions that migrations/frozen.txt says were released, oldest first. */
export function releasedVersions(root: string = projectFolder): string[] {
  return frozenLines(root)
    .filter((line) => RELEASED.test(line))
    .map((line) => line.replace(RELEASED, '').trim());
}

/** Whether a release has this migration. */
export function isReleased(filename: string, root: string = projectFolder): boolean {
  const lines = frozenLines(root);
  const place = lines.findIndex((line) => line.endsWith(` ${filename}`));
  return place >= 0 && place < lines.findLastIndex((line) => RELEASED.test(line));
}

/** Writes what is in migrations/committed into frozen.txt: new files at its end, and without those that were taken back. */
export function freeze(root: string = projectFolder): void {
  const present = committedMigrations(root);
  const names = new Set(present.map((one) => one.filename));
  const kept = frozenLines(root).filter((line) => !line.startsWith('#') || RELEASED.test(line));
  const lines = kept.filter((line) => RELEASED.test(line) || names.has(line.split(/\s+/)[1] ?? ''));
  const known = frozenHashes(root);
  for (const one of present) if (!known.has(one.filename)) lines.push(`${one.sha256}  ${one.filename}`);
  writeFileSync(join(root, FROZEN), `${FROZEN_HEAD}${lines.join('\n')}\n`);
}

/**
 * What was rewritten in migrations/committed since it was committed, without a database: each file has the text of
 * frozen.txt, and names the one before it.
 */
export function frozenProblems(root: string = projectFolder): FrozenProblem[] {
  const frozen = frozenHashes(root);
  const present = committedMigrations(root);
  const problems: FrozenProblem[] = [];
  let before: CommittedMigration | undefined;
  for (const one of present) {
    const file = `migrations/committed/${one.filename}`;
    if (one.previous !== before?.hash) {
      problems.push({
        file,
        message: `The migration before it has the hash ${before?.hash ?? 'none'}, and this one names ${one.previous ?? 'none'}.`,
        hint: 'Of two that were committed side by side, take one back (npm run migrate -- uncommit) and commit it again.',
      });
    }
    const recorded = frozen.get(one.filename);
    if (recorded === undefined) {
      problems.push({
        file,
        message: `It is not in ${FROZEN}.`,
        hint: 'Migrations are made with npm run migrate -- commit, which adds the line.',
      });
    } else if (recorded !== one.sha256) {
      problems.push({
        file,
        message: 'Its text was changed since it was committed; databases that have it will not run it again.',
        hint: 'Restore it (git restore migrations/committed), and put the change into a new migration: migrations/current/, then npm run migrate -- commit.',
      });
    }
    before = one;
  }
  const names = new Set(present.map((one) => one.filename));
  for (const filename of frozen.keys()) {
    if (names.has(filename)) continue;
    problems.push({
      file: `migrations/committed/${filename}`,
      message: `It is in ${FROZEN}, and the file is gone.`,
      hint: 'Restore it (git restore migrations/committed): committed migrations are never removed.',
    });
  }
  return problems;
}

/** @throws ColloquyError CQ043 when a committed migration of this copy was rewritten or removed */
export function demandFrozen(root: string = projectFolder): void {
  const problem = frozenProblems(root)[0];
  if (!problem) return;
  throw new ColloquyError('CQ043', `${problem.file}: ${problem.message}`, { hint: problem.hint });
}
