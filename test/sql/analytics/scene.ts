/** A team, conversations at given times, and a plain aggregate of them to compare with. */
import type pg from 'pg';
import { expect } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { createTestDatabase } from '../../support/server.ts';
import { createWorkspace, join } from '../../support/tenants.ts';
import { asUser, registerUser, type TestUser } from '../../support/users.ts';

/** The plain aggregate that the computed figures must equal, by another way: whole tables, grouped. */
export const PLAIN = `
  select m.workspace_id, m.conversation_id, date_trunc('day', m.created_at at time zone 'UTC')::date as day,
    count(*)::int as message_count,
    count(*) filter (where m.role = 'user')::int as user_message_count,
    count(*) filter (where m.role = 'assistant')::int as assistant_message_count,
    count(*) filter (where m.role = 'system')::int as system_message_count,
    count(*) filter (where m.role = 'tool')::int as tool_message_count,
    count(*) filter (where m.role = 'user' and m.replaces_id is not null)::int as edit_count,
    count(*) filter (where m.role = 'assistant' and m.replaces_id is not null)::int as regeneration_count,
    count(*) filter (where m.status = 'failed')::int as failed_count,
    round(avg(m.relevance_score::numeric), 4) as avg_relevance_score,
    round(avg(m.processing_time_ms))::int as avg_response_time_ms,
    percentile_disc(0.5) within group (order by m.processing_time_ms) as median_response_time_ms,
    percentile_disc(0.95) within group (order by m.processing_time_ms) as p95_response_time_ms,
    coalesce(sum(m.prompt_tokens), 0)::bigint as prompt_tokens,
    coalesce(sum(m.completion_tokens), 0)::bigint as completion_tokens,
    coalesce(sum(m.total_tokens), 0)::bigint as total_tokens,
    coalesce(sum(m.cost_usd), 0) as cost_usd,
    coalesce(sum(f.positive), 0)::int as positive_feedback,
    coalesce(sum(f.neutral), 0)::int as neutral_feedback,
    coalesce(sum(f.negative), 0)::int as negative_feedback,
    round(sum(f.positive)::numeric / nullif(sum(f.positive) + sum(f.negative), 0), 4) as feedback_ratio,
    round(sum(f.points) / nullif(sum(f.given), 0), 4) as satisfaction_score,
    min(m.created_at) as first_message_at,
    max(m.created_at) as last_message_at,
    floor(extract(epoch from max(m.created_at) - min(m.created_at)))::int as duration_seconds
  from app_public.messages m
  left join (
    select v.message_id, count(*) as given,
      count(*) filter (where v.feedback_type = 'positive') as positive,
      count(*) filter (where v.feedback_type = 'neutral') as neutral,
      count(*) filter (where v.feedback_type = 'negative') as negative,
      sum(case when v.rating is not null then (v.rating - 1) * 0.25 when v.feedback_type = 'positive' then 1 when v.feedback_type = 'neutral' then 0.5 else 0 end) as points
    from app_public.message_feedback v group by v.message_id
  ) as f on f.message_id = m.id
  group by 1, 2, 3`;
const COLUMNS = `workspace_id, conversation_id, day, message_count, user_message_count, assistant_message_count, system_message_count, tool_message_count,
  edit_count, regeneration_count, failed_count, avg_relevance_score, avg_response_time_ms, median_response_time_ms, p95_response_time_ms,
  prompt_tokens, completion_tokens, total_tokens, cost_usd, positive_feedback, neutral_feedback, negative_feedback, feedback_ratio,
  satisfaction_score, first_message_at, last_message_at, duration_seconds`;
export const difference = (ours: string, plain: string): string =>
  `select 'only ours' as what, to_jsonb(o) as row from (${ours} except ${plain}) as o
   union all select 'only plain', to_jsonb(p) from (${plain} except ${ours}) as p`;

export let database: Database;
export let ann: TestUser;
export let owner: TestUser;
export let member: TestUser;
export let viewer: TestUser;
export async function setScene(): Promise<void> {
  database = serverDatabase((await createTestDatabase()).url);
  ann = await registerUser(database, 'ann@example.org');
  const team = await createWorkspace(database, 'Team');
  owner = await join(database, await registerUser(database, 'owner@example.org'), team, 'owner');
  member = await join(database, await registerUser(database, 'member@example.org'), team, 'member');
  viewer = await join(database, await registerUser(database, 'viewer@example.org'), team, 'viewer');
}
export async function endScene(): Promise<void> {
  await database?.close();
}
export const tables = () => database.pool('owner');
export const rows = async (sql: string, ...values: unknown[]) => (await tables().query(sql, values)).rows;
export const one = async (sql: string, ...values: unknown[]) => (await rows(sql, ...values))[0];
export const as = async (
  user: TestUser,
  sql: string,
  ...values: unknown[]
): Promise<pg.QueryResult['rows']> =>
  (await asUser(database, user, (client) => client.query(sql, values))).rows;
export const step = async (
  most = 1000,
  until = 'infinity',
): Promise<{ conversations: number; days: number; removed: number } | undefined> =>
  (
    await database
      .pool('worker')
      .query('select * from app_hidden.compute_conversation_analytics($1, noted_until => $2)', [most, until])
  ).rows[0];
export const compute = async (): Promise<void> => {
  while (await step());
};
export const refresh = async (): Promise<void> => {
  await database.pool('worker').query('select app_hidden.compute_configuration_performance()');
  await database.pool('worker').query('select app_hidden.refresh_summary_stats()');
};
export const everything = async (): Promise<void> => {
  await compute();
  await refresh();
};
/** A conversation that began at a time, with nothing in it. */
export const begin = async (at: string, user = ann): Promise<string> =>
  (
    await one(
      `insert into app_public.conversations (id, workspace_id, owner_id) values (app_hidden.uuidv7_floor($1), $2, $3)
       on conflict (id) do update set id = excluded.id returning id`,
      at,
      user.workspaceId,
      user.id,
    )
  ).id;
/** A conversation with an id of its own. */
export const beginAnywhere = async (at: string, user = ann): Promise<string> =>
  (
    await one(
      `insert into app_public.conversations (id, workspace_id, owner_id)
       values (app_hidden.uuidv7_at($1), $2, $3) returning id`,
      at,
      user.workspaceId,
      user.id,
    )
  ).id;
const columns = (more: Record<string, unknown>, from: number): [string, string, unknown[]] => {
  const names = Object.keys(more);
  return [
    names.map((name) => `, ${name}`).join(''),
    names.map((_, index) => `, $${index + from}`).join(''),
    Object.values(more),
  ];
};
/** A message at a time, as an import of history writes it. */
export const say = async (
  conversation: string,
  at: string,
  more: Record<string, unknown> = {},
): Promise<string> => {
  const [names, places, values] = columns({ role: 'assistant', content: 'x', ...more }, 3);
  return (
    await one(
      `insert into app_public.messages (id, conversation_id, workspace_id, owner_id, sequence_number${names})
       select app_hidden.uuidv7_at($2), c.id, c.workspace_id, c.owner_id, c.last_sequence_number + 1${places}
       from app_public.conversations c where c.id = $1 returning id`,
      conversation,
      at,
      ...values,
    )
  ).id;
};
export const figures = (conversation: string) =>
  rows(
    `select a.*, a.day::text as day from app_public.conversation_analytics a where a.conversation_id = $1 order by a.day`,
    conversation,
  );
export const counts = async (conversation: string) =>
  (await figures(conversation)).map((row) => [row.day, row.message_count]);
export const expectEqual = async (): Promise<void> => {
  expect(await rows(difference(`select ${COLUMNS} from app_public.conversation_analytics`, PLAIN))).toEqual(
    [],
  );
  expect(
    await rows(
      difference(
        'select conversation_id, day, user_id, message_count from app_hidden.user_activity',
        `select conversation_id, (created_at at time zone 'UTC')::date, author_id, count(*)::int from app_public.messages
         where author_id is not null group by 1, 2, 3`,
      ),
    ),
  ).toEqual([]);
};
