-- Conversations of 24 months in workspaces of Zipf sizes, as a chat makes them: questions and answers in turn, answers with
-- tokens, cost, time and often a relevance score, and feedback on one answer in ten. :messages messages, :tenants tenants.
-- The triggers are off while loading; what they would have kept is written at the end.
insert into app_public.users (email) select format('user%s@example.org', n) from generate_series(1, :tenants) as n;
insert into app_public.workspaces (name, is_personal) select u.email::text, true from app_public.users u;
insert into app_public.workspace_members (workspace_id, user_id, role)
select w.id, u.id, 'owner' from app_public.workspaces w join app_public.users u on u.email::text = w.name;

-- a partition per month, as in a database that has been in use for so long
do $partitions$
declare
  month timestamp;
begin
  alter table app_public.messages detach partition app_partitions.messages_history;
  drop table app_partitions.messages_history;
  for month in select date_trunc('month', now() at time zone 'UTC') - make_interval(months => n) from generate_series(1, 24) as n loop
    perform app_private.create_range_partition(
      'messages', to_char(month, '"messages_"YYYY_MM'), app_hidden.uuidv7_floor(month at time zone 'UTC'),
      app_hidden.uuidv7_floor((month + interval '1 month') at time zone 'UTC')
    );
  end loop;
end
$partitions$;

alter table app_public.messages disable trigger user;
alter table app_public.message_feedback disable trigger user;

create table bench.conversations as
with tenants as (
  select m.workspace_id, m.user_id, row_number() over () as rank from app_public.workspace_members m
),
sizes as (
  select n, least(900, ceil(20 * exp(1.3 * random_normal())))::integer as size, random() as r, random() as t, random() as long
  from generate_series(1, :messages / 45) as n
)
select
  app_hidden.uuidv7_at(s.started) as id, x.workspace_id, x.user_id as owner_id, s.size, s.started,
  case when s.long < 0.05 then interval '120 days' * s.t else interval '2 days' * s.t end as lasts
from (
  select z.*, now() - interval '1 hour' - (interval '24 months' * z.r) as started,
    -- Zipf: tenant k has 1/k of the share of the first
    least(:tenants, ceil(exp(random() * ln(:tenants))))::integer as tenant
  from sizes z
) as s
join tenants x on x.rank = s.tenant;

insert into app_public.conversations (id, workspace_id, owner_id) select id, workspace_id, owner_id from bench.conversations;

create table bench.texts as select n, bench.text(case when n % 2 = 0 then 40 else 120 end, n) as content from generate_series(0, 1999) as n;
create index on bench.texts (n);

insert into app_public.messages (
  id, conversation_id, workspace_id, owner_id, author_id, sequence_number, role, content, prompt_tokens, completion_tokens, total_tokens, cost_usd,
  processing_time_ms, relevance_score
)
select
  app_hidden.uuidv7_at(least(c.started + interval '1 second' + c.lasts * (s.n::float8 / c.size), now()) + make_interval(secs => s.n * 0.002)),
  c.id, c.workspace_id, c.owner_id, case when s.n % 2 = 1 then c.owner_id end, s.n,
  case when s.n % 2 = 1 then 'user' else 'assistant' end::app_public.message_role, t.content,
  case when s.n % 2 = 0 then 500 end, case when s.n % 2 = 0 then 150 end, case when s.n % 2 = 0 then 650 end, case when s.n % 2 = 0 then 0.001 end,
  case when s.n % 2 = 0 then (800 * exp(0.6 * random_normal()))::integer end,
  case when s.n % 4 = 0 then random() end
from bench.conversations c
cross join lateral generate_series(1, c.size) as s (n)
join bench.texts t on t.n = (((hashtextextended(c.id::text || s.n, 0) % 1000) + 1000) % 1000) * 2 % 2000 + s.n % 2;

insert into app_public.message_feedback (workspace_id, conversation_id, message_id, user_id, feedback_type)
select m.workspace_id, m.conversation_id, m.id, m.owner_id, case when random() < 0.8 then 'positive' else 'negative' end::app_public.feedback_type
from app_public.messages m
where m.sequence_number % 20 = 0;

update app_public.conversations c
set message_count = x.count, last_sequence_number = x.count, indexed_sequence_number = x.count, last_message_id = x.last_id,
  last_message_at = uuid_extract_timestamp(x.last_id)
from (
  select m.conversation_id, count(*)::integer as count, (array_agg(m.id order by m.id desc))[1] as last_id
  from app_public.messages m group by m.conversation_id
) as x
where x.conversation_id = c.id;
alter table app_public.messages enable trigger user;
alter table app_public.message_feedback enable trigger user;
grant usage on schema bench to colloquy_user;
analyze;
