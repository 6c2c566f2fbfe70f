-- Conversations over 24 months: sizes of a long tail (mean about 50), most of them over within two days, one in twenty
-- going on for up to four months. $1 messages, $2 tenants. The triggers are off while loading; what they would have kept is
-- written at the end.
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

alter table app_public.messages disable trigger messages_10_count;

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

insert into app_public.conversations (id, workspace_id, owner_id, title)
select id, workspace_id, owner_id, left(bench.text(5, 1), 200) from bench.conversations;

create table bench.texts as select n, bench.text(case when n % 2 = 0 then 40 else 120 end, n) as content from generate_series(0, 1999) as n;
create index on bench.texts (n);

insert into app_public.messages (id, conversation_id, workspace_id, owner_id, sequence_number, role, content, total_tokens)
select
  app_hidden.uuidv7_at(least(c.started + interval '1 second' + c.lasts * (s.n::float8 / c.size), now()) + make_interval(secs => s.n * 0.002)),
  c.id, c.workspace_id, c.owner_id, s.n, case when s.n % 2 = 1 then 'user' else 'assistant' end::app_public.message_role, t.content, 100
from bench.conversations c
cross join lateral generate_series(1, c.size) as s (n)
join bench.texts t on t.n = (((hashtextextended(c.id::text || s.n, 0) % 1000) + 1000) % 1000) * 2 % 2000 + s.n % 2;

update app_public.conversations c
set message_count = x.count, last_sequence_number = x.count, indexed_sequence_number = x.count, last_message_id = x.last_id,
  last_message_at = uuid_extract_timestamp(x.last_id)
from (
  select m.conversation_id, count(*)::integer as count, (array_agg(m.id order by m.id desc))[1] as last_id
  from app_public.messages m group by m.conversation_id
) as x
where x.conversation_id = c.id;
alter table app_public.messages enable trigger messages_10_count;

-- Anchor: a plain table with one month's rows, the newest, under the same policy.
create table bench.plain_messages (like app_public.messages including defaults including generated including constraints);
insert into bench.plain_messages (id, conversation_id, workspace_id, owner_id, sequence_number, role, content, total_tokens)
select m.id, m.conversation_id, m.workspace_id, m.owner_id, m.sequence_number, m.role, m.content, m.total_tokens
from app_public.messages m
where m.id >= app_hidden.uuidv7_floor(now() - interval '1 month');
alter table bench.plain_messages add primary key (id);
create unique index plain_messages_page on bench.plain_messages (conversation_id, id);

-- Anchor: the same rows, partitioned by a timestamp.
create table bench.timestamp_messages (
  id uuid not null, conversation_id uuid not null, workspace_id uuid not null, owner_id uuid not null, sequence_number integer not null,
  role app_public.message_role not null, content text not null, total_tokens integer, created_at timestamptz not null
) partition by range (created_at);
do $timestamp_partitions$
declare
  month timestamp;
begin
  for month in select generate_series(date_trunc('month', now() at time zone 'UTC' - interval '25 months'), date_trunc('month', now() at time zone 'UTC' + interval '1 month'), '1 month') loop
    execute format(
      'create table bench.timestamp_messages_%s partition of bench.timestamp_messages for values from (%L) to (%L)',
      to_char(month, 'YYYY_MM'), month at time zone 'UTC', (month + interval '1 month') at time zone 'UTC'
    );
  end loop;
end
$timestamp_partitions$;
insert into bench.timestamp_messages
select m.id, m.conversation_id, m.workspace_id, m.owner_id, m.sequence_number, m.role, m.content, m.total_tokens, uuid_extract_timestamp(m.id)
from app_public.messages m;
create index on bench.timestamp_messages (conversation_id, created_at desc);

do $policies$
declare
  anchor text;
begin
  foreach anchor in array array['plain_messages', 'timestamp_messages'] loop
    execute format('alter table bench.%I enable row level security', anchor);
    execute format(
      'create policy select_member on bench.%1$I for select to colloquy_user using (
         workspace_id = (select app_hidden.current_workspace_id())
         and (owner_id = (select app_hidden.current_user_id())
           or (select c.visibility from app_public.conversations c where c.id = %1$I.conversation_id) = ''workspace''))', anchor);
    execute format('grant select on bench.%I to colloquy_user', anchor);
  end loop;
end
$policies$;
grant usage on schema bench to colloquy_user;
analyze;
