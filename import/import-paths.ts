import { UsageError } from '../lib/cli.ts';
import { createProgress, type ProgressStream } from '../lib/progress.ts';
import { resolveImportRoots } from './files/import-root.ts';
import type { Listing } from './listing.ts';
import { type ReadOptions, readSettings } from './options.ts';
import { countBytes, readPaths } from './read-paths.ts';
import type { Summary } from './summary.ts';
import type { ItemWriter } from './writing/database-writer.ts';

/**
 * A path that is not there is a slip of the hand: nothing is imported before it is corrected.
 * @throws ColloquyError CQ030
 */
export async function checkPaths(paths: string[], read: ReadOptions): Promise<void> {
  for (const root of await resolveImportRoots(paths, readSettings(read))) {
    if (root.kind !== 'skipped' || root.reason === 'unsupported') continue;
    throw new UsageError(
      'CQ030',
      root.reason === 'not_found'
        ? `There is no file or folder "${root.source}".`
        : `"${root.source}" cannot be read: ${root.detail}.`,
      { hint: 'Correct the path; nothing was imported.' },
    );
  }
}

export interface RunOptions {
  paths: string[];
  read: ReadOptions;
  writer: ItemWriter;
  summary: Summary;
  /** Where the bar goes. */
  stream: ProgressStream;
  /** Stops between two transactions. */
  signal: AbortSignal;
}

/** Hands everything that can be read to the writer; what cannot is counted. Returns what there is in each folder that was read to its end. */
export async function importPaths({
  paths,
  read,
  writer,
  summary,
  stream,
  signal,
}: RunOptions): Promise<Listing[]> {
  const listings: Listing[] = [];
  const { bytes } = await countBytes(paths, read);
  const progress = createProgress({ total: bytes, stream });
  try {
    for await (const item of readPaths(paths, {
      ...read,
      signal,
      onBytes: (count) => progress.add(count),
      leftOut: summary.leaveOut,
      onListed: (listing) => listings.push(listing),
    })) {
      if (signal.aborted) return [];
      if (item.kind === 'skipped') {
        summary.skip(item);
        continue;
      }
      progress.add(0, item.source);
      summary.leaveOutOf(item);
      await writer.add(item);
      progress.item();
    }
    if (signal.aborted) return [];
    await writer.flush();
    return listings;
  } finally {
    progress.end();
  }
}
