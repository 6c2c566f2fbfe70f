import type { ClientBase } from 'pg';
import type { WithPgClient } from 'postgraphile/@dataplan/pg';
import type { NodePostgresPgClient } from 'postgraphile/adaptors/pg';
import { askingAgain, recallConversation, type StoredConversation } from '../lib/cold-storage/recall.ts';
import { ColloquyError } from '../lib/errors.ts';
import type { FileStorage } from '../lib/storage.ts';
import { ApiError } from './errors.ts';

type With = WithPgClient<NodePostgresPgClient>;
type Settings = Parameters<With>[0];

function forClient(error: unknown): unknown {
  return error instanceof ColloquyError && /^CQ72\d$/.test(error.code)
    ? new ApiError(error.code, error.message, 'An operator has to look; everything else works.')
    : error;
}

/**
 * Messages of a conversation that is in the storage of files come back into the database when they are asked for, by queries and by
 * mutations: a statement that ends with CQ720 has changed nothing, since it is a transaction; the documents are brought back in another
 * one, and it is done again. Who may not read never gets that error, so nobody has something fetched that they may not read.
 * Two requests of this process that want the same one wait for one fetching; two processes for each other's transaction.
 * @param withPgClient  what is done again
 * @param onPrimary     where documents are brought back to
 * @param afterwards    called before it is done again
 */
export function recalling(
  withPgClient: With,
  onPrimary: With,
  storage: FileStorage | undefined,
  fetching: Map<string, PromiseLike<unknown>>,
  afterwards: () => void,
): With {
  async function fetch(settings: Settings, stored: StoredConversation): Promise<void> {
    if (!storage) {
      throw new ApiError(
        'CQ724',
        `The messages of conversation ${stored.conversationId} are in the storage of files, which this process has not.`,
        'An operator has to look; everything else works.',
      );
    }
    const others = fetching.get(stored.path);
    if (others) {
      // one that failed may have ended with its request
      const isThere = await others.then(
        () => true,
        () => false,
      );
      if (isThere) return;
    }
    const fetched = onPrimary(settings, (client) =>
      client.withTransaction((inner) => {
        const asking = {
          query: (text: string, values: unknown[]) => inner.query({ text, values }),
        } as unknown as Pick<ClientBase, 'query'>;
        return recallConversation(asking, storage, stored);
      }),
    );
    fetching.set(stored.path, fetched);
    try {
      await fetched;
    } finally {
      if (fetching.get(stored.path) === fetched) fetching.delete(stored.path);
    }
  }

  const again: With = (settings, work) =>
    askingAgain(
      () => withPgClient(settings, work),
      async (stored) => {
        await fetch(settings, stored).catch((problem: unknown) => {
          throw forClient(problem);
        });
        afterwards();
      },
    );
  if (withPgClient.release) again.release = withPgClient.release;
  return again;
}
