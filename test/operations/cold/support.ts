import type { Pool } from 'pg';
import type { JobContext } from '../../../jobs/job.ts';
import { storeCold } from '../../../jobs/store-cold.ts';
import type { Database } from '../../../lib/database.ts';
import { log } from '../../../lib/log.ts';
import type { FileStorage } from '../../../lib/storage.ts';
import { asUser, type TestUser } from '../../support/users.ts';

/** A conversation of these messages, packed and cold; with `isLeft` it is left to a later call of makeCold. */
export async function coldConversation(
  database: Database,
  user: TestUser,
  texts: readonly string[],
  { isLeft = false } = {},
): Promise<string> {
  const id = await asUser(database, user, async (client) => {
    const { rows } = await client.query(`select id from app_public.start_conversation('Talk')`);
    await client.query(
      `select app_public.post_message($1, t.text, case when t.place % 2 = 1 then 'user' else 'assistant' end::app_public.message_role)
       from unnest($2::text[]) with ordinality as t (text, place) order by t.place`,
      [rows[0].id, texts],
    );
    return rows[0].id as string;
  });
  if (!isLeft) await makeCold(database, [id]);
  return id;
}

/** Says that everything was cut and embedded, without doing it, and packs everything there is. */
export async function makeCold(database: Database, ids: readonly string[]): Promise<void> {
  await database
    .pool('owner')
    .query(
      'update app_public.conversations set indexed_sequence_number = last_sequence_number where id = any ($1)',
      [ids],
    );
  await database.pool('worker').query(`select app_hidden.archive_old_conversations('0', 1)`);
  await database.pool('worker').query(`select app_hidden.compress_old_conversations('0')`);
}

/** What a job gets, as far as those of storage need it. */
export const contextOf = (pool: Pool, storage: FileStorage): JobContext =>
  ({ pool, storage, log, signal: new AbortController().signal }) as unknown as JobContext;

// biome-ignore lint/suspicious/noExplicitAny: figures of a job, by name
export const storeAll = (pool: Pool, storage: FileStorage): Promise<any> =>
  storeCold.handle(contextOf(pool, storage), { timeBudget: 600_000 });
