/** People who write messages, also at the same time. */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import { expect } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { createTestDatabase } from '../../support/server.ts';
import { asUser, registerUser, type TestUser } from '../../support/users.ts';

/** A UUID version 7 for a time. */
export function uuidAt(time: number, seed = String(time)): string {
  const hash = createHash('sha256').update(seed).digest('hex');
  const hex = `${time.toString(16).padStart(12, '0')}7${hash.slice(0, 3)}8${hash.slice(3, 18)}`;
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
export const MINUTE = 60_000;

export let database: Database;
export let ann: TestUser;
export async function setScene(): Promise<void> {
  database = serverDatabase((await createTestDatabase()).url);
  ann = await registerUser(database, 'ann@example.org');
}
export async function endScene(): Promise<void> {
  await database?.close();
}
export const owner = () => database.pool('owner');
export const call = async (sql: string, ...values: unknown[]): Promise<pg.QueryResult['rows']> =>
  (await asUser(database, ann, (client) => client.query(sql, values))).rows;
export const start = async (): Promise<string> =>
  (await call('select id from app_public.start_conversation()'))[0].id;
export const post = async (conversation: string, options: Record<string, unknown> = {}) => {
  const names = Object.keys(options);
  const extra = names.map((name, index) => `, ${name} => $${index + 2}`).join('');
  return (
    await call(
      `select * from app_public.post_message(conversation_id => $1${names.includes('content') ? '' : `, content => 'hello'`}${extra})`,
      conversation,
      ...Object.values(options),
    )
  )[0];
};
export const messages = async (conversation: string) =>
  (
    await owner().query(
      'select * from app_public.messages where conversation_id = $1 order by sequence_number',
      [conversation],
    )
  ).rows;
export const conversation = async (id: string) =>
  (await owner().query('select * from app_public.conversations where id = $1', [id])).rows[0];
/** The counters say what the messages say. */
export async function expectCountersRight(id: string): Promise<void> {
  const { rows } = await owner().query(
    `select c.message_count = count(m) as message_count, c.last_sequence_number = count(m) as last_sequence_number,
       c.total_tokens_used = coalesce(sum(m.total_tokens), 0) as tokens, c.total_cost_usd = coalesce(sum(m.cost_usd), 0) as cost,
       c.total_response_time_ms = coalesce(sum(m.processing_time_ms), 0) as time, c.response_count = count(m.processing_time_ms) as responses,
       c.last_message_id is not distinct from max(m.id::text)::uuid as last_id,
       coalesce(array_agg(m.sequence_number order by m.sequence_number) filter (where m.id is not null), '{}') = array(select generate_series(1, count(m)::int)) as gapless
     from app_public.conversations c left join app_public.messages m on m.conversation_id = c.id
     where c.id = $1 group by c.id`,
    [id],
  );
  expect(rows[0]).toEqual({
    message_count: true,
    last_sequence_number: true,
    tokens: true,
    cost: true,
    time: true,
    responses: true,
    last_id: true,
    gapless: true,
  });
}
/** A payload of an import: a chain of messages an hour apart, from 2024-03-31T20:00:00Z on, over the end of a month. */
export function history(source: string, count: number, more: Record<string, unknown> = {}) {
  return {
    source,
    title: 'History',
    createdAt: '2024-03-31T20:00:00Z',
    model: 'old-model',
    messages: Array.from({ length: count }, (_, index) => ({
      externalId: `m${index}`,
      parentExternalId: index > 0 ? `m${index - 1}` : undefined,
      role: index % 2 === 0 ? 'user' : 'assistant',
      content: `message ${index}`,
      createdAt: new Date(Date.UTC(2024, 2, 31, 20) + index * 60 * MINUTE).toISOString(),
      model: index % 2 === 0 ? undefined : 'old-model',
    })),
    ...more,
  };
}
export const load = async (payload: object) =>
  (await call('select * from app_public.import_conversation($1)', payload))[0];
