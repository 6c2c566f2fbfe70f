import { join, relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { readSmallFile } from './read-part.ts';

/** The rules of one `.gitignore`, and the rules above it. */
export interface IgnoreRules {
  folder: string;
  rules: Ignore;
  above: IgnoreRules | null;
}

/** The rules in force inside `folder`: those above it, and its own `.gitignore` or `file` when there is one. */
export async function rulesFor(
  folder: string,
  above: IgnoreRules | null,
  file = join(folder, '.gitignore'),
): Promise<IgnoreRules | null> {
  const text = await readSmallFile(file);
  return text === null ? above : { folder, rules: ignore().add(text), above };
}

/** As git decides: the nearest file that says anything about the path decides. */
export function isIgnored(rules: IgnoreRules | null, path: string, isFolder: boolean): boolean {
  for (let at = rules; at !== null; at = at.above) {
    const below = relative(at.folder, path).split(sep).join('/');
    const { ignored, unignored } = at.rules.test(isFolder ? `${below}/` : below);
    if (ignored) return true;
    if (unignored) return false;
  }
  return false;
}
