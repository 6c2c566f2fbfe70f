import type { ImportRoot } from '../files/import-root.ts';
import type { ImportItem } from '../items.ts';
import type { ReadSettings } from '../options.ts';
import type { SkippedItem } from '../skipped.ts';
import type { ReadState } from './read-state.ts';

/** A file that was opened to see what it is. */
export interface OpenedFile {
  root: ImportRoot;
  absolute: string;
  /** Below the root's base, with `/`. */
  path: string;
  /** How a person finds it. */
  label: string;
  size: number;
  mtime: Date;
  /** Its first bytes. */
  head: Buffer;
  /** The same as text, without a byte order mark and with `\n` as line end. */
  beginning: string;
  /** It was itself named on the command line. */
  isNamed: boolean;
}

export type Items = Iterable<ImportItem | SkippedItem> | AsyncIterable<ImportItem | SkippedItem>;

/**
 * Recognises files of one format, whatever they are called, and reads them. A bad file costs only itself: problems are items of the
 * kind `skipped`. Only what the file system says may be thrown.
 * @returns null when the file is something else
 */
export type Format = (
  file: OpenedFile,
  settings: ReadSettings,
  state: ReadState,
) => Items | null | Promise<Items | null>;
