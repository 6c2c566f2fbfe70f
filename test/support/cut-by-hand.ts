import type { Database } from '../../lib/database.ts';

/** Where a test has cut texts itself: the jobs for it are gone, as after the worker did them, and vectors wait for them no more. */
export async function cutByHand(database: Database): Promise<void> {
  await database
    .pool('owner')
    .query(
      `do $$ begin if to_regclass('pgboss.job') is not null then delete from pgboss.job where name = 'index-source'; end if; end $$`,
    );
}
