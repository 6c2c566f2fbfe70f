import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../lib/database.ts';
import { ownWorker } from './own-worker.ts';

export interface Recut {
  documents: number;
  /** The last one: where another run may go on. */
  last: string | null;
}

/** Documents that may be without vectors at the same time. */
const BATCH = 50;

/** Has every document cut anew as the active version cuts, a batch at a time, each embedded before the next is touched. */
export async function recutDocuments(
  database: Database,
  { after, say }: { after: string | null; say: (text: string) => void },
): Promise<Recut> {
  const owner = database.pool('owner');
  const done: Recut = { documents: 0, last: after };
  const worker = await ownWorker(database);
  try {
    for (;;) {
      const { rows } = await owner.query<{ ids: string[] }>(
        'select app_private.recut_documents(after_document => $1, max_documents => $2) as ids',
        [done.last, BATCH],
      );
      const ids = rows[0]!.ids;
      if (ids.length === 0) return done;
      for (;;) {
        const { rows: left } = await owner.query<{ n: number }>(
          'select app_private.recutting_backlog($1) as n',
          [ids],
        );
        if (left[0]!.n === 0) break;
        await delay(500);
      }
      done.documents += ids.length;
      done.last = ids.at(-1)!;
      say(`${done.documents} documents; the last is ${done.last}`);
    }
  } finally {
    await worker?.stop();
  }
}
