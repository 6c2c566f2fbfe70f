import { readFile } from 'node:fs/promises';
import { env } from '../../lib/env.ts';
import { ColloquyError, errorCode } from '../../lib/errors.ts';
import { firstTokenFile } from '../shared/first-account.ts';

/** The first line of a file; undefined where there is none. */
async function lineOf(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim() || undefined;
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw new ColloquyError('CQ033', `The file ${path} cannot be read: ${errorCode(error) ?? error}.`, {
      hint: 'Correct its name or its permissions.',
      cause: error,
    });
  }
}

/**
 * The token to call with: of a file that was named, of COLLOQUY_TOKEN, or of the account of the first start, which is given to the
 * server of this machine and to no other.
 * @throws ColloquyError CQ830 when there is none
 */
export async function findToken(options: {
  tokenFile?: string | undefined;
  data: string;
  isOwn: boolean;
}): Promise<string> {
  const token =
    options.tokenFile !== undefined
      ? await lineOf(options.tokenFile)
      : (env.COLLOQUY_TOKEN?.trim() ??
        (options.isOwn ? await lineOf(firstTokenFile(options.data)) : undefined));
  if (token) return token;
  throw new ColloquyError('CQ830', 'There is no token to call the API with.', {
    hint: 'Set COLLOQUY_TOKEN to an API key (docs/mcp.md says how to make one), or name a file that holds it with --token-file.',
  });
}
