import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Pool } from 'pg';
import { askingAgain, recallConversation } from '../lib/cold-storage/recall.ts';
import { BUSY } from '../lib/gate.ts';
import { type AskPages, beginExport, exportPerson } from '../lib/leaving/export-person.ts';
import { programVersion } from '../lib/program-version.ts';
import type { FileStorage } from '../lib/storage.ts';
import type { Settings } from './authentication.ts';
import { ApiError } from './errors.ts';
import { FairTurns, NoTurn } from './fair-turns.ts';
import { partyOf } from './limits/limiter.ts';
import { inRequest } from './transaction.ts';

/** Of an account at the same time; a second one is refused at once. */
const ARCHIVES = { size: Number.POSITIVE_INFINITY, each: 1, waiting: 0, patience: 1 };

/** GET /my-data: everything of the caller, as one archive, as it is read. Who goes away ends it. */
export function myDataSender(pool: Pool, storage: FileStorage) {
  const archives = new FairTurns(ARCHIVES);

  async function send(request: IncomingMessage, response: ServerResponse, settings: Settings): Promise<void> {
    const ask: AskPages = (sql, values) =>
      askingAgain(
        () => inRequest(pool, settings, async (client) => (await client.query(sql, values)).rows),
        (stored) => inRequest(pool, settings, (client) => recallConversation(client, storage, stored)),
      );
    const person = settings['colloquy.user_id']!;
    const parts = await beginExport({ ask, person });
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    response.writeHead(200, {
      'content-type': 'application/gzip',
      'content-disposition': 'attachment; filename="my-data.tar.gz"',
      'cache-control': 'no-store',
    });
    if (request.method === 'HEAD') return void response.end();
    await exportPerson(
      { ask, person, storage, writtenBy: programVersion, signal: gone.signal },
      parts,
      response,
    );
  }

  return async (request: IncomingMessage, response: ServerResponse, settings: Settings): Promise<void> => {
    try {
      await archives.run(partyOf(request, settings), () => send(request, response, settings));
    } catch (error) {
      if (!(error instanceof NoTurn)) throw error;
      throw new ApiError(
        BUSY,
        'An archive of this account is on its way.',
        'Take it to the end first, and try again, as the header Retry-After says.',
      );
    }
  };
}
