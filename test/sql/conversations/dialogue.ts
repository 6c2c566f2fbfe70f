/** Three people, two of them in one workspace, and what they do in conversations: what tests of dialogue share. */
import type pg from 'pg';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { createTestDatabase } from '../../support/server.ts';
import { createWorkspace, join } from '../../support/tenants.ts';
import { asUser, registerUser, type TestUser } from '../../support/users.ts';

export let database: Database;
export let ann: TestUser;
/** Two members of one workspace, the first of whom owns it. */
export let first: TestUser;
export let second: TestUser;
export async function setScene(): Promise<void> {
  database = serverDatabase((await createTestDatabase()).url);
  ann = await registerUser(database, 'ann@example.org');
  const team = await createWorkspace(database, 'Team');
  first = await join(database, await registerUser(database, 'first@example.org'), team, 'owner');
  second = await join(database, await registerUser(database, 'second@example.org'), team, 'member');
}
export async function endScene(): Promise<void> {
  await database?.close();
}
export const owner = () => database.pool('owner');
/** Each on a connection of its own, of which there are ten: so many run at the same time. */
export const as = async (
  user: TestUser,
  sql: string,
  ...values: unknown[]
): Promise<pg.QueryResult['rows']> =>
  (await asUser(database, user, (client) => client.query(sql, values))).rows;
export const call = (sql: string, ...values: unknown[]) => as(ann, sql, ...values);
export const one = async (sql: string, ...values: unknown[]) => (await owner().query(sql, values)).rows[0];
export const start = async (user = ann, visibility = 'private'): Promise<string> =>
  (await as(user, `select id from app_public.start_conversation('Talk', $1)`, visibility))[0].id;
export const post = async (conversation: string, content: string, more: Record<string, unknown> = {}) =>
  (
    await call(
      `select * from app_public.post_message($1, $2${Object.keys(more)
        .map((name, index) => `, ${name} => $${index + 3}`)
        .join('')})`,
      conversation,
      content,
      ...Object.values(more),
    )
  )[0];
export const contents = async (conversation: string): Promise<string[]> =>
  (
    await owner().query(
      'select content from app_public.messages where conversation_id = $1 order by sequence_number',
      [conversation],
    )
  ).rows.map((row) => row.content);
export const conversation = (id: string) => one('select * from app_public.conversations where id = $1', id);
