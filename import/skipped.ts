/** Why something was not imported. Stable codes; docs/import.md explains each. */
export const skipReasons = {
  not_found: 'no such file or folder',
  unreadable: 'could not be opened or read',
  unsupported: 'a kind that is not imported',
  unknown_json: 'JSON of no known export, and of no source code',
  too_large: 'over the size limit',
  empty: 'nothing in it',
  binary: 'not text',
  generated: 'lock files, source maps and minified code',
  hidden: 'hidden files and folders',
  ignored: 'excluded by .gitignore, or a folder of dependencies',
  symlink: 'symbolic links are not followed',
  lfs_pointer: 'a file that Git LFS has not brought here yet',
  duplicate: 'already read in this run',
  broken_json: 'JSON that does not parse',
  broken_zip: 'a ZIP, or a file in one, that cannot be unpacked',
  encrypted: 'protected by a password',
  broken_pack: 'a repomix file that ends early',
  broken_tree: 'a conversation whose messages do not form a tree',
  notice: 'joins, leaves, deleted messages and the like, which nobody wrote',
  not_in_export: 'named by an export, but not in it',
  no_message: 'feedback on a message that the export does not have',
  refused: 'the database does not take it',
} as const;

export type SkipReason = keyof typeof skipReasons;

/** Reasons that mean damage: something that was meant to be imported is not. The others are ordinary. */
export const damage: ReadonlySet<SkipReason> = new Set<SkipReason>([
  'not_found',
  'unreadable',
  'broken_json',
  'broken_zip',
  'encrypted',
  'broken_pack',
  'broken_tree',
  'refused',
]);

export interface SkippedItem {
  kind: 'skipped';
  /** What a person would look for: the path below the folder that was given, or the conversation. */
  source: string;
  reason: SkipReason;
  detail: string;
}

export function skipped(source: string, reason: SkipReason, detail: string): SkippedItem {
  return { kind: 'skipped', source: source.toWellFormed(), reason, detail: detail.toWellFormed() };
}
