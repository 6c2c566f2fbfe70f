import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ColloquyError, errorCode } from '../../lib/errors.ts';

const firstAccount = z.object({ email: z.string().min(1), password: z.string().min(1) });
export type FirstAccount = z.infer<typeof firstAccount>;

/** Where the first start keeps the account that it made. */
export const firstAccountFile = (dataDir: string): string => join(dataDir, 'first-account.json');

/** Where each start keeps a token of that account, for the calls that it prints. */
export const firstTokenFile = (dataDir: string): string => join(dataDir, 'first-account.token');

/** The account that the first start made, when its file is in the data folder. */
export async function readFirstAccount(dataDir: string): Promise<FirstAccount | null> {
  const path = firstAccountFile(dataDir);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return null;
    throw new ColloquyError('CQ033', `The file ${path} cannot be read: ${errorCode(error) ?? error}.`, {
      hint: 'Run the import as the user who runs the server, or name an account with --email.',
      cause: error,
    });
  }
  try {
    return firstAccount.parse(JSON.parse(text));
  } catch (error) {
    throw new ColloquyError('CQ033', `The file ${path} is not {"email", "password"}.`, {
      hint: 'Name the account with --email instead.',
      cause: error,
    });
  }
}
