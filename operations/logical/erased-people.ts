import type { PoolClient } from 'pg';
import { ColloquyError } from '../../lib/errors.ts';
import type { Scope } from './scope.ts';

/** People whom the live database has erased, and the backup still has. */
async function returnedPeople(live: PoolClient, backup: PoolClient): Promise<string[]> {
  const { rows: keys } = await live.query<{ key: Buffer; hashes: Buffer[] }>(
    `select l.key, array_agg(l.hash) as hashes
     from (
       select subject_key as key, subject_hash as hash from app_hidden.erasures
       union all select subject_key, subject_hash from app_hidden.pending_erasures
     ) as l
     group by l.key`,
  );
  const people: string[] = [];
  for (const { key, hashes } of keys) {
    const { rows } = await backup.query<{ id: string }>(
      'select u.id from app_public.users u where sha256($1::bytea || uuid_send(u.id)) = any ($2::bytea[])',
      [key, hashes],
    );
    people.push(...rows.map(({ id }) => id));
  }
  return people;
}

/** Which rows of a table hold what somebody wrote in a conversation of another, where it is not the owner's column that says so. */
const WRITTEN: Record<string, string> = {
  'app_public.messages': 't.author_id = any ($PEOPLE)',
  'app_hidden.conversation_archive_parts':
    'exists (select from unnest($PEOPLE) as p (id) where strpos(t.document, p.id::text) > 0)',
  'app_public.chunks':
    'exists (select from app_public.messages m where m.id = t.message_id and m.author_id = any ($PEOPLE))',
  'app_hidden.cited_passages':
    'exists (select from app_public.messages m where m.id = t.message_id and m.author_id = any ($PEOPLE))',
};

/**
 * What an erased person wrote does not come back with the things of others; what was the person's has no owner to come back to.
 * @throws ColloquyError CQ765
 */
export async function demandNobodyErased(
  live: PoolClient,
  backup: PoolClient,
  scope: Scope,
  values: readonly unknown[],
): Promise<void> {
  const people = await returnedPeople(live, backup);
  if (people.length === 0) return;
  for (const [table, isWritten] of Object.entries(WRITTEN)) {
    const isMeant = scope.get(table);
    if (!isMeant) continue;
    const { rows } = await backup.query(
      `select 1 from ${table} t where (${isMeant('t')}) and ${isWritten.replaceAll('$PEOPLE', `$${values.length + 1}::uuid[]`)} limit 1`,
      [...values, people],
    );
    if (rows.length === 0) continue;
    throw new ColloquyError(
      'CQ765',
      `The backup has what an erased person wrote among these rows (${table}).`,
      {
        hint: 'Restore the backup into a copy and erase there again (npm run ops -- erasures apply); then bring the rows back from the copy: docs/leaving.md.',
      },
    );
  }
}
