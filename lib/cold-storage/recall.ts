import type { ClientBase } from 'pg';
import { ColloquyError, errorCode } from '../errors.ts';
import type { FileStorage } from '../storage.ts';
import { DamagedFile, decodeFile } from './format.ts';

/** A conversation whose documents are in a file, and where. */
export interface StoredConversation {
  conversationId: string;
  /** The column storage_path. */
  path: string;
}

/** What the code of app_private.check_part says. */
const STORED = 'CQ720';

/** What an error says of a conversation whose documents are in a file; undefined for every other error. */
export function storedIn(error: unknown): StoredConversation | undefined {
  if (errorCode(error) !== STORED || !(error instanceof Error) || !('detail' in error)) return undefined;
  const conversationId = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(error.message)?.[0];
  return conversationId ? { conversationId, path: String(error.detail) } : undefined;
}

const missing = (conversationId: string, cause?: unknown): ColloquyError =>
  new ColloquyError('CQ721', `The file of conversation ${conversationId} is not in the storage of files.`, {
    hint: 'Bring it back from a backup: docs/lifecycle.md#a-file-is-missing-or-damaged',
    cause,
  });

/**
 * Brings the documents of a conversation back into the database from its file. Called in a transaction, which must be rolled back when this
 * throws: what was brought is known to be whole at the end. Nothing where they are there already.
 * @returns whether anything was to be done
 * @throws ColloquyError CQ721 when there is no such file, CQ722 when it is damaged
 */
export async function recallConversation(
  client: Pick<ClientBase, 'query'>,
  storage: FileStorage,
  { conversationId, path }: StoredConversation,
): Promise<boolean> {
  const { rows } = await client.query('select app_hidden.begin_recall($1, $2) as is_wanted', [
    conversationId,
    path,
  ]);
  if (!rows[0].is_wanted) return false;
  if ((await storage.size(path)) === null) throw missing(conversationId);
  try {
    for await (const { manifest, part, document } of decodeFile(storage.read(path), path.slice(-64))) {
      if (manifest.conversationId !== conversationId) throw new DamagedFile('it is of another conversation');
      await client.query('select app_hidden.recall_part($1, $2, $3, $4, $5)', [
        conversationId,
        path,
        part.packed,
        part.part,
        document,
      ]);
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw missing(conversationId, error);
    throw error;
  }
  return true;
}

/** Conversations that one statement may bring back: each is an attempt of it. A page has no more. */
const MOST = 100;

/**
 * Asks again as long as what is asked for is in a file that can be fetched. What ends with CQ720 has to be a transaction, which has changed
 * nothing then.
 * @param fetch  brings the documents of a conversation back, in another transaction
 * @throws what `ask` and `fetch` throw
 */
export async function askingAgain<T>(
  ask: () => PromiseLike<T>,
  fetch: (stored: StoredConversation) => Promise<unknown>,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      const stored = storedIn(error);
      if (!stored || attempt === MOST) throw error;
      await fetch(stored);
    }
  }
}
