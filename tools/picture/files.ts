import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { projectFolder } from '../../lib/migrations.ts';
import { run } from '../postgres/run.ts';

export const PICTURE_FOLDER = join(projectFolder, 'sql/schema');

export type Files = ReadonlyMap<string, string>;

/** The files of a folder, by path below it. */
export function readFiles(folder: string): Files {
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(names.map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]));
}

/** The paths whose texts differ, or that only one side has, in order. */
export function differing(left: Files, right: Files): string[] {
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter((path) => left.get(path) !== right.get(path))
    .sort();
}

/** Makes a folder hold these files and no others. Returns what changed. */
export function writeFiles(folder: string, files: Files): string[] {
  const changed = differing(readFiles(folder), files);
  for (const path of changed) {
    const text = files.get(path);
    if (text === undefined) rmSync(join(folder, path));
    else {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  }
  return changed;
}

/** What differs, as git shows it; where there is no git, the names. */
export async function diffFiles(folder: string, files: Files): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), 'colloquy-picture-'));
  try {
    writeFiles(join(scratch, 'generated'), files);
    const diff = await run('git', ['diff', '--no-index', '--no-color', folder, join(scratch, 'generated')]);
    if (diff.code === 1) return diff.stdout;
    return differing(readFiles(folder), files)
      .map((path) => `differs: ${path}`)
      .join('\n');
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
