-- What a page is measured against. All of it under the same policy.
create schema if not exists bench authorization colloquy_owner;

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
