import { rename, rm, writeFile } from 'node:fs/promises';
import { ColloquyError } from '../../lib/errors.ts';

/**
 * Writes a report for its owner alone: it names tables, workspaces by their ids, and what is wrong. The file is there whole or not at all.
 * @throws ColloquyError CQ646 when it cannot be written
 */
export async function writeReport(path: string, page: string): Promise<void> {
  const partial = `${path}.partial`;
  try {
    await writeFile(partial, page, { mode: 0o600 });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    throw new ColloquyError(
      'CQ646',
      `The report cannot be written to ${path}: ${(error as Error).message}.`,
      {
        hint: 'Give --html the path of a file in a folder that there is, and that this user may write to.',
        cause: error,
      },
    );
  }
}
